import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { AuditEntry } from '../../../server/audit/entry.ts';
import { Petition } from '../../../server/petitions/petition.ts';
import { makePetition } from '../../support/factories.ts';
import { signInAs } from '../../support/organizer.ts';
import { errorAt, textOf, valueIn } from '../../support/page.ts';
import { visitor } from '../../support/visitor.ts';
import {
  createDraft,
  formIn,
  openForm,
  pathOf,
  rightForm,
  send,
  stored,
  worldWithEditor,
} from './support.ts';

const here = worldWithEditor();

const everything = {
  'fr-title': 'Gardons le banc',
  'fr-addressedTo': 'Le conseil',
  'fr-summary': 'Un banc pour se reposer.',
  'fr-body': 'Il doit **rester**.',
  'group-url': 'https://example.org',
  ...{ 'press-name': 'Ada Example', 'press-email': 'press@example.org', 'press-phone': '+1 613 555 0199' },
  ...{ opensAt: '2030-01-10T09:00', closesAt: '2030-07-10T18:30' },
  ...{ 'ask-postalCode': 'required', 'ask-phone': 'optional', 'ask-comment': 'off' },
  ...{ 'q1-kind': 'choice', 'q1-en': 'How did you hear?', 'q1-fr': 'Comment ?', 'q1-required': 'on' },
  ...{ 'q1-options-en': 'A friend\nThe press', 'q1-options-fr': 'Une amie\nLa presse' },
  ...{ 'en-signing': 'I ask for this.', 'fr-signing': 'Je le demande.' },
  hashtags: '#PondBench, Larkmere',
  donationUrl: 'https://example.org/give',
  newsletterUrl: 'https://example.org/news',
};

describe('a new petition', () => {
  it('begins as a draft that holds everything the form says, and nobody sees', async () => {
    const petition = await createDraft(here.ada, everything);
    assert.equal(petition.slug, 'keep-the-bench');
    assert.equal(petition.publishedAt, undefined);
    assert.equal(petition.texts?.fr?.body, 'Il doit **rester**.');
    assert.deepEqual(petition.goal, { kind: 'fixed', number: 500 });
    assert.equal(petition.opensAt?.toISOString(), '2030-01-10T14:00:00.000Z', 'nine in the Toronto winter');
    assert.equal(petition.closesAt?.toISOString(), '2030-07-10T22:30:00.000Z', 'half past six in its summer');
    assert.deepEqual(petition.asks, { postalCode: 'required', phone: 'optional', comment: 'off' });
    assert.deepEqual(petition.questions[0]?.options, [
      { en: 'A friend', fr: 'Une amie' },
      { en: 'The press', fr: 'La presse' },
    ]);
    assert.equal(petition.consent?.signing?.fr, 'Je le demande.');
    assert.deepEqual(petition.hashtags, ['PondBench', 'Larkmere']);
    assert.equal(petition.group?.pressPhone, '+1 613 555 0199');
    assert.equal((await visitor(here.world).get(`/petitions/${petition.slug}`)).status, 404);
    const entry = await AuditEntry.findOne({ petition: petition._id }).lean();
    assert.equal(entry?.action, 'petition.create');
    assert.ok(entry?.organizer?.equals(here.ada.organizer._id));
  });

  it('is opened again with every field as it was typed', async () => {
    const petition = await createDraft(here.ada, { ...everything, 'en-title': 'As it was typed' });
    const html = await (await here.ada.get(pathOf(petition, 'edit'))).text();
    for (const [field, value] of Object.entries({ ...everything, 'en-title': 'As it was typed' })) {
      if (field === 'hashtags') assert.equal(valueIn(html, field), 'PondBench Larkmere');
      else assert.equal(valueIn(html, field), value === 'on' ? true : value, field);
    }
  });

  it('gets an address from its title, with a number where that one is taken', async () => {
    const titled = { 'en-title': 'Gardons l’étang, ça presse !' };
    const first = await createDraft(here.ada, titled);
    const second = await createDraft(here.ada, titled);
    assert.equal(first.slug, 'gardons-l-etang-ca-presse');
    assert.equal(second.slug, 'gardons-l-etang-ca-presse-2');
  });

  it('gets an address of its own where several are made at once; one that was chosen goes to one of them', async () => {
    const suggested = await Promise.all(
      [1, 2, 3, 4].map(() => createDraft(here.ada, { 'en-title': 'All at once' })),
    );
    assert.equal(new Set(suggested.map(({ slug }) => slug)).size, 4);
    const chosen = await Promise.all(
      [1, 2, 3, 4].map(() => send(here.ada, '/organize/petitions', rightForm({ slug: 'chosen-by-four' }))),
    );
    assert.deepEqual(chosen.map(({ status }) => status).sort(), [303, 422, 422, 422]);
    assert.equal(await Petition.countDocuments({ slug: 'chosen-by-four' }), 1);
  });

  it('is made once by a form that is sent twice, also at the same moment', async () => {
    const form = formIn(await (await here.ada.get('/organize/petitions/new')).text(), rightForm());
    const sent = { ...form, 'en-title': 'Pressed twice' };
    const responses = await Promise.all([1, 2].map(() => send(here.ada, '/organize/petitions', sent)));
    const places = [...responses, await send(here.ada, '/organize/petitions', sent)].map(({ headers }) =>
      headers.get('location'),
    );
    assert.match(places[0] ?? '', new RegExp(form.draft ?? 'none'));
    assert.equal(new Set(places).size, 1);
    assert.equal(await Petition.countDocuments({ slug: /^pressed-twice/ }), 1);
    const [id] = [form.draft];
    assert.equal(await AuditEntry.countDocuments({ petition: id, action: 'petition.create' }), 1);
    const other = await send(here.ada, '/organize/petitions', {
      ...sent,
      'en-title': 'Pressed again, changed',
    });
    assert.equal(other.status, 303);
    assert.equal(
      await Petition.countDocuments({ slug: 'pressed-again-changed' }),
      1,
      'nothing typed is lost',
    );
    const bob = await signInAs(here.world, 'editor');
    assert.equal((await send(bob, '/organize/petitions', sent)).status, 303);
    assert.ok((await stored({ _id: id })).editedBy?.equals(here.ada.organizer._id));
  });

  it('may be in French alone', async () => {
    const { 'en-title': _, ...none } = rightForm();
    const french = Object.fromEntries(Object.entries(everything).filter(([name]) => name.startsWith('fr-')));
    const empty = { 'en-title': '', 'en-addressedTo': '', 'en-summary': '', 'en-body': '' };
    const petition = await createDraft(here.ada, { ...none, ...empty, ...french, language: 'fr' });
    assert.deepEqual(Object.keys(petition.texts ?? {}), ['fr']);
  });

  it('can be a copy of another: the words, the questions and the team, nothing that happened', async () => {
    const petition = await makePetition({
      history: [{ outcome: 'victory', at: new Date() }],
      ledger: [{ at: new Date(), who: 'Ada', source: 'the market', number: 3 }],
      asks: { phone: 'required' },
      closesAt: new Date(),
    });
    const response = await here.ada.post(pathOf(petition, 'copies'));
    assert.equal(response.status, 303);
    const [, id] = /petitions\/([0-9a-f]{24})\/edit/.exec(response.headers.get('location') ?? '') ?? [];
    const copy = await stored({ _id: id });
    assert.equal(copy.texts?.en?.title, `${petition.texts?.en?.title} (copy)`);
    assert.equal(copy.texts?.en?.body, petition.texts?.en?.body);
    assert.equal(copy.asks?.phone, 'required');
    assert.notEqual(copy.slug, petition.slug);
    assert.deepEqual(
      [copy.history, copy.ledger, copy.publishedAt, copy.closesAt],
      [[], [], undefined, undefined],
    );
  });
});

describe('a form that cannot be taken', () => {
  const table: [why: string, typed: Record<string, string>, field: string, says: RegExp][] = [
    ['no title', { 'en-title': ' ' }, 'en-title', /Write the title in English/],
    ['a title that is too long', { 'en-title': 'x'.repeat(151) }, 'en-title', /150/],
    ['a huge text', { 'en-body': 'x'.repeat(200_000) }, 'en-body', /50,000/],
    ['half a translation', { 'fr-title': 'Le banc' }, 'fr-body', /in French, or empty all French fields/],
    ['a goal of zero', { 'goal-number': '0' }, 'goal-number', /from 1 to/],
    ['a goal that is no number', { 'goal-number': 'many' }, 'goal-number', /whole number/],
    ['a goal below zero', { 'goal-number': '-5' }, 'goal-number', /from 1 to/],
    ['a huge goal', { 'goal-number': '1e99' }, 'goal-number', /from 1 to 100,000,000/],
    ['a goal of endless digits', { 'goal-number': '9'.repeat(400) }, 'goal-number', /from 1 to|20 char/],
    ['a goal in fractions', { 'goal-number': '2.5' }, 'goal-number', /whole number/],
    ['no goal', { 'goal-number': '' }, 'goal-number', /whole number/],
    [
      'dates reversed',
      { opensAt: '2030-02-02T10:00', closesAt: '2030-02-01T10:00' },
      'closesAt',
      /after it opens/,
    ],
    ['a date that is none', { opensAt: '2030-02-30T10:00' }, 'opensAt', /date and a time/],
    [
      'a time the clocks skip',
      { opensAt: '2030-03-10T02:30' },
      'opensAt',
      /skip this time. Choose 2030-03-10 03:00/,
    ],
    ['a place that is none', { timeZone: 'Mars/Olympus' }, 'timeZone', /from the list/],
    ['an address with odd characters', { slug: 'a/b' }, 'slug', /small letters/],
    ['a link that runs', { donationUrl: 'javascript:alert(1)' }, 'donationUrl', /https:/],
    ['a link to another protocol', { newsletterUrl: 'ftp://example.org' }, 'newsletterUrl', /https:/],
    ['a press address that is none', { 'press-email': 'nobody' }, 'press-email', /e-mail address/],
    ['a hashtag with odd characters', { hashtags: 'ok <b>' }, 'hashtags', /letters, digits/],
    ['text that turns around', { 'en-title': 'a\u202eb' }, 'en-title', /cannot be shown/],
    ['a question without words', { 'q1-kind': 'text' }, 'q1-en', /Write the question/],
    [
      'a list with one answer',
      { 'q1-kind': 'choice', 'q1-en': 'Which?', 'q1-options-en': 'One' },
      'q1-options-en',
      /two/,
    ],
    ['a question of no kind', { 'q1-kind': 'none', 'q1-en': 'Which?' }, 'q1-kind', /how it is answered/],
    [
      'a list with one answer twice',
      { 'q1-kind': 'choice', 'q1-en': 'Which?', 'q1-options-en': 'One\r\nTwo\r\nOne' },
      'q1-options-en',
      /the same/,
    ],
    ['nobody behind it', { 'group-name': '' }, 'group-name', /who runs/],
    ['a picture that is not there', { picture: 'a'.repeat(32) }, 'file', /once more/],
  ];
  for (const [why, typed, field, says] of table)
    it(`for ${why} comes back whole, with a message at the field`, async () => {
      const before = await Petition.countDocuments();
      const form = rightForm({ 'en-title': 'Kept as typed', 'press-name': 'Kept too', ...typed });
      const response = await send(here.ada, '/organize/petitions', form);
      const html = (await response.text()).replaceAll('&#x3D;', '=');
      assert.equal(response.status, 422);
      assert.match(errorAt(html, field) ?? '', says);
      assert.match(html, new RegExp(`<a href="#field-${field}">`), 'the summary leads to the field');
      for (const [name, value] of Object.entries(form))
        if (!['goal-kind', 'picture'].includes(name))
          assert.equal(valueIn(html, name), value === 'Mars/Olympus' ? '' : value, name);
      assert.equal(await Petition.countDocuments(), before);
    });

  it('for an address that is taken says so, and so does one that is a draft’s or was another’s', async () => {
    const taken = await makePetition();
    const moved = await makePetition({ formerSlugs: [`moved-${process.pid}`] });
    for (const slug of [taken.slug, `moved-${process.pid}`]) {
      const response = await send(here.ada, '/organize/petitions', rightForm({ slug }));
      assert.equal(response.status, 422);
      assert.match(errorAt(await response.text(), 'slug') ?? '', /belongs to another petition/);
    }
    const form = await openForm(moved, { slug: taken.slug });
    const response = await send(here.ada, pathOf(moved, 'edit'), form);
    assert.equal(response.status, 422);
    assert.equal((await stored(moved)).slug, moved.slug);
  });

  it('of a size nobody types is refused before it is read', async () => {
    const response = await send(
      here.ada,
      '/organize/petitions',
      rightForm({ 'en-body': 'x'.repeat(2_000_000) }),
    );
    assert.equal(response.status, 413);
  });

  it('with a field twice is refused', async () => {
    const body = new FormData();
    for (const [name, value] of Object.entries(rightForm())) body.append(name, value);
    body.append('slug', 'one');
    body.append('slug', 'two');
    const response = await here.ada.request('/organize/petitions', { method: 'POST', body });
    assert.equal(response.status, 400);
  });

  it('of another kind than forms with files is an empty form', async () => {
    const response = await here.ada.post('/organize/petitions', rightForm());
    assert.equal(response.status, 422);
    assert.match(textOf(await response.text()), /Write the title/);
  });
});

describe('who may', () => {
  it('write petitions is told to moderators in words', async () => {
    const moderator = await signInAs(here.world, 'moderator');
    const petition = await makePetition();
    for (const path of ['/organize/petitions/new', pathOf(petition, 'edit')]) {
      const response = await moderator.get(path);
      assert.equal(response.status, 403);
      assert.match(textOf(await response.text()), /editor/i);
    }
    const before = await Petition.countDocuments();
    assert.equal((await send(moderator, '/organize/petitions', rightForm())).status, 403);
    assert.equal(await Petition.countDocuments(), before);
  });

  it('edit one petition is its team', async () => {
    const petition = await makePetition();
    const member = await signInAs(here.world, 'editor', { petition });
    const response = await send(
      member,
      pathOf(petition, 'edit'),
      await openForm(petition, { 'en-title': 'By the team' }),
    );
    assert.equal(response.status, 303);
    assert.equal((await stored(petition)).texts?.en?.title, 'By the team');
    assert.equal((await member.get(pathOf(await makePetition(), 'edit'))).status, 403);
  });

  it('nobody from another site', async () => {
    const body = new FormData();
    for (const [name, value] of Object.entries(rightForm())) body.set(name, value);
    const headers = { cookie: here.ada.cookie, Origin: 'https://elsewhere.example' };
    const response = await visitor(here.world, headers).request('/organize/petitions', {
      method: 'POST',
      body,
    });
    assert.equal(response.status, 403);
  });
});
