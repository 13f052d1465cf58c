import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { AuditEntry } from '../../../server/audit/entry.ts';
import type { Petition } from '../../../server/petitions/petition.ts';
import { phaseOf } from '../../../server/petitions/phase.ts';
import { makeForm, makePetition } from '../../support/factories.ts';
import { signInAs } from '../../support/organizer.ts';
import { errorAt, textOf, valueIn } from '../../support/page.ts';
import { visitor } from '../../support/visitor.ts';
import { hours } from '../support.ts';
import { createDraft, pathOf, stored, worldWithEditor } from './support.ts';

const here = worldWithEditor();

type Fields = Record<string, string>;
const step = (petition: { _id: unknown }, name: string, form: Fields = {}) =>
  here.ada.post(pathOf(petition, name), form);
const publicPage = async ({ slug }: Petition) => {
  const response = await visitor(here.world).get(`/petitions/${slug}`);
  return { status: response.status, text: textOf(await response.text()) };
};
const actionsOn = async ({ _id }: Petition) =>
  (await AuditEntry.find({ petition: _id }).sort({ _id: 1 }).lean()).map(({ action }) => action);
const bilingual = {
  ...{
    'fr-title': 'Le banc',
    'fr-addressedTo': 'Le conseil',
    'fr-summary': 'Un banc.',
    'fr-body': 'Qu’il reste.',
  },
};

describe('a draft', () => {
  it('is published now: people find it, and can sign it', async () => {
    const draft = await createDraft(here.ada);
    assert.equal((await publicPage(draft)).status, 404);
    const response = await step(draft, 'publication', { when: 'now' });
    assert.equal(response.status, 303);
    assert.equal((await publicPage(draft)).status, 200);
    assert.equal((await visitor(here.world).sign(draft.slug, makeForm())).status, 303);
    assert.deepEqual(await actionsOn(draft), ['petition.create', 'petition.publish']);
  });

  it('is scheduled on the clocks of its place, and can be taken off the schedule', async () => {
    const draft = await createDraft(here.ada, { timeZone: 'Europe/Paris' });
    await step(draft, 'publication', { when: 'later', publishedAt: '2031-07-01T08:00' });
    assert.equal((await stored(draft)).publishedAt?.toISOString(), '2031-07-01T06:00:00.000Z');
    const html = await (await here.ada.get(pathOf(draft, 'publication'))).text();
    assert.match(textOf(html), /Scheduled.*from 1 July 2031, 08:00/);
    assert.equal((await publicPage(draft)).status, 404);
    await step(draft, 'publication/cancellation');
    assert.equal((await stored(draft)).publishedAt, undefined);
    assert.deepEqual((await actionsOn(draft)).slice(1), ['petition.publish', 'petition.unschedule']);
  });

  for (const [why, publishedAt, says] of [
    ['in the past', '2020-01-01T10:00', /in the past/],
    ['that the clocks skip', '2031-03-30T02:30', /skip this time\. Choose 2031-03-30 03:00 or later/],
    ['that is none', 'tomorrow', /Enter a date and a time/],
    ['that is missing', '', /Choose when/],
    ['after it would close', '2033-01-01T10:00', /closed before it is public/],
  ] as const)
    it(`cannot be scheduled for a time ${why}; nothing changes`, async () => {
      const draft = await createDraft(here.ada, { timeZone: 'Europe/Paris', closesAt: '2032-01-01T10:00' });
      const response = await step(draft, 'publication', { when: 'later', publishedAt });
      const html = await response.text();
      assert.equal(response.status, 422);
      assert.match(errorAt(html, 'publishedAt') ?? '', says);
      assert.equal(valueIn(html, 'publishedAt'), publishedAt);
      assert.deepEqual(await stored(draft), draft);
    });

  it('whose closing is past is not published', async () => {
    const draft = await makePetition({ publishedAt: undefined, closesAt: hours(-1) });
    const response = await step(draft, 'publication', { when: 'now' });
    assert.equal(response.status, 422);
    assert.match(textOf(await response.text()), /Change its closing date first/);
    assert.equal((await stored(draft)).publishedAt, undefined);
  });

  it('is published once, however often the button is pressed', async () => {
    const draft = await createDraft(here.ada);
    await Promise.all([1, 2, 3].map(() => step(draft, 'publication', { when: 'now' })));
    const { publishedAt } = await stored(draft);
    const late = await step(draft, 'publication', { when: 'now' });
    assert.match(late.headers.get('location') ?? '', /done=late/);
    assert.deepEqual((await stored(draft)).publishedAt, publishedAt);
    assert.equal((await actionsOn(draft)).filter((action) => action === 'petition.publish').length, 1);
  });
});

describe('a public petition', () => {
  it('is closed, and opened again until a date or without one', async () => {
    const petition = await makePetition();
    await step(petition, 'closing');
    assert.equal(phaseOf(await stored(petition), new Date()), 'closed');
    assert.equal((await visitor(here.world).sign(petition.slug, makeForm())).status, 410);
    await step(petition, 'reopening', { closesAt: '2031-01-02T03:04' });
    assert.equal((await stored(petition)).closesAt?.toISOString(), '2031-01-02T03:04:00.000Z');
    assert.equal((await visitor(here.world).sign(petition.slug, makeForm())).status, 303);
    await step(petition, 'closing');
    await step(petition, 'reopening');
    assert.equal((await stored(petition)).closesAt, undefined);
    const past = await (await step(petition, 'closing'))
      .text()
      .then(() => step(petition, 'reopening', { closesAt: '2021-01-01T00:00' }));
    assert.equal(past.status, 422);
    assert.equal(phaseOf(await stored(petition), new Date()), 'closed');
  });

  it('is not opened again once it was withdrawn', async () => {
    const history = [{ outcome: 'withdrawn', at: hours(-1) }];
    const petition = await makePetition({ closesAt: hours(-2), history });
    const response = await step(petition, 'reopening');
    assert.match(response.headers.get('location') ?? '', /done=late/);
    assert.deepEqual((await stored(petition)).closesAt, petition.closesAt);
  });

  it('tells what came of it, dated, in the reader’s language; taking it back leaves a record', async () => {
    const petition = await createDraft(here.ada, bilingual);
    await step(petition, 'publication', { when: 'now' });
    const delivered = {
      outcome: 'delivered',
      date: '2026-01-05',
      'note-en': 'In a wheelbarrow.',
      'note-fr': 'En brouette.',
    };
    assert.equal((await step(petition, 'outcomes', delivered)).status, 303);
    await step(petition, 'outcomes', { outcome: 'victory', date: '2026-02-06' });
    assert.match(
      (await publicPage(petition)).text,
      /What happened Victory 6 February .*Delivered 5 January .*In a wheelbarrow\./,
    );
    const french = await (await visitor(here.world).get(`/petitions/${petition.slug}?lang=fr`)).text();
    assert.match(textOf(french), /En brouette\./);

    const html = await (await here.ada.get(pathOf(petition, 'publication'))).text();
    const [, entry = ''] = /name="entry" value="([^"]+)"/.exec(html) ?? [];
    assert.match(entry, /^victory 2026-02-06/);
    await step(petition, 'outcomes/undoing', { entry, reason: 'It was too early.' });
    assert.doesNotMatch((await publicPage(petition)).text, /Victory/);
    const undone = await AuditEntry.findOne({
      petition: petition._id,
      action: 'petition.undoOutcome',
    }).lean();
    assert.deepEqual([undone?.details, undone?.why], [{ entry }, 'It was too early.']);
    const late = await step(petition, 'outcomes/undoing', { entry, reason: 'Again.' });
    assert.match(late.headers.get('location') ?? '', /done=late/, 'what is gone cannot take another with it');
    assert.deepEqual(
      (await stored(petition)).history.map(({ outcome }) => outcome),
      ['delivered'],
    );
  });

  it('is gone from the public once it is withdrawn, and back when that is taken back', async () => {
    const petition = await makePetition();
    await step(petition, 'outcomes', {
      outcome: 'withdrawn',
      date: '2026-01-05',
      'note-en': 'We were wrong.',
    });
    assert.deepEqual((await publicPage(petition)).status, 410);
    const html = await (await here.ada.get(pathOf(petition, 'publication'))).text();
    const [, entry = ''] = /name="entry" value="([^"]+)"/.exec(html) ?? [];
    await step(petition, 'outcomes/undoing', { entry, reason: 'By mistake.' });
    assert.equal((await publicPage(petition)).status, 200);
  });

  it('has an outcome of one day written down once, and corrections of its count stay', async () => {
    const petition = await makePetition({
      history: [{ outcome: 'corrected', at: hours(-1), note: { en: 'By 3.' } }],
    });
    for (let press = 0; press < 3; press += 1)
      await step(petition, 'outcomes', { outcome: 'answered', date: '2026-01-05' });
    assert.deepEqual(
      (await stored(petition)).history.map(({ outcome }) => outcome),
      ['corrected', 'answered'],
    );
    const entry = `corrected ${petition.history[0]?.at.toISOString()}`;
    await step(petition, 'outcomes/undoing', { entry, reason: 'To hide it.' });
    assert.equal((await stored(petition)).history.length, 2);
  });

  for (const [why, form, field, says] of [
    ['no kind', { date: '2026-01-05' }, 'outcome', /Choose what came of it/],
    ['a kind that is ours alone', { outcome: 'corrected', date: '2026-01-05' }, 'outcome', /Choose/],
    ['no day', { outcome: 'victory' }, 'date', /Enter the day/],
    ['a day that is none', { outcome: 'victory', date: '2026-02-30' }, 'date', /Enter the day/],
    ['a day to come', { outcome: 'victory', date: '2035-01-01' }, 'date', /has not come yet/],
    [
      'a note in one language',
      { outcome: 'victory', date: '2026-01-05', 'note-en': 'We won.' },
      'note-fr',
      /in French too/,
    ],
    [
      'a huge note',
      { outcome: 'victory', date: '2026-01-05', 'note-en': 'x'.repeat(2_001), 'note-fr': 'x' },
      'note-en',
      /2,000/,
    ],
  ] as const)
    it(`takes no outcome with ${why}; what was typed is kept`, async () => {
      const petition = await createDraft(here.ada, bilingual);
      await step(petition, 'publication', { when: 'now' });
      const response = await step(petition, 'outcomes', form);
      const html = await response.text();
      assert.equal(response.status, 422);
      assert.match(errorAt(html, field) ?? '', says);
      if ('note-en' in form) assert.equal(valueIn(html, 'note-en'), form['note-en']);
      assert.deepEqual((await stored(petition)).history, []);
    });

  it('has any outcome taken back, for a reason; without one, or with a huge one, it stays', async () => {
    const petition = await makePetition();
    for (const [outcome, date] of [
      ['delivered', '2026-01-05'],
      ['answered', '2026-03-05'],
      ['victory', '2026-02-05'],
    ] as const)
      await step(petition, 'outcomes', { outcome, date });
    const entryOf = async (outcome: string) => {
      const html = await (await here.ada.get(pathOf(petition, 'publication'))).text();
      return new RegExp(`name="entry" value="(${outcome} [^"]+)"`).exec(html)?.[1] ?? '';
    };
    const entry = await entryOf('delivered');
    for (const reason of ['', ' ', 'x'.repeat(501), 'turned \u202e round']) {
      const response = await step(petition, 'outcomes/undoing', { entry, reason });
      const html = await response.text();
      assert.equal(response.status, 422, reason.slice(0, 9));
      assert.ok(errorAt(html, 'reason'));
      assert.equal(valueIn(html, 'reason'), reason);
    }
    assert.equal((await stored(petition)).history.length, 3);
    assert.equal(
      (await step(petition, 'outcomes/undoing', { entry, reason: 'Lost on the way.' })).status,
      303,
    );
    assert.deepEqual(
      (await stored(petition)).history.map(({ outcome }) => outcome),
      ['answered', 'victory'],
    );
    const text = textOf(await (await here.ada.get(pathOf(petition, 'publication'))).text());
    assert.match(text, /What the page shows Answered 5 March.*Victory 5 February/, 'as the page has it');
  });

  it('is closed for a reason that the log keeps', async () => {
    const petition = await makePetition();
    await step(petition, 'closing', { reason: 'We won already.' });
    const entry = await AuditEntry.findOne({ petition: petition._id, action: 'petition.close' }).lean();
    assert.equal(entry?.why, 'We won already.');
  });

  it('that was withdrawn has no other outcome after that', async () => {
    const petition = await makePetition({ history: [{ outcome: 'withdrawn', at: hours(-1) }] });
    const late = await step(petition, 'outcomes', { outcome: 'victory', date: '2026-01-05' });
    assert.match(late.headers.get('location') ?? '', /done=late/);
    assert.equal((await stored(petition)).history.length, 1);
  });

  it('cannot have an outcome while it is a draft', async () => {
    const draft = await createDraft(here.ada);
    const response = await step(draft, 'outcomes', { outcome: 'victory', date: '2026-01-05' });
    assert.match(response.headers.get('location') ?? '', /done=late/);
    assert.deepEqual((await stored(draft)).history, []);
  });
});

describe('a viewer', () => {
  it('sees where a petition is and moves nothing', async () => {
    const viewer = await signInAs(here.world, 'viewer');
    const petition = await makePetition();
    const page = await viewer.get(pathOf(petition, 'publication'));
    assert.equal(page.status, 200);
    assert.doesNotMatch(await page.text(), /Close it now/);
    for (const name of [
      'publication',
      'publication/cancellation',
      'closing',
      'reopening',
      'outcomes',
      'outcomes/undoing',
    ])
      assert.equal((await viewer.post(pathOf(petition, name))).status, 403, name);
    assert.deepEqual(await stored(petition), petition);
  });
});
