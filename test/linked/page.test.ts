import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { AuditEntry } from '../../server/audit/entry.ts';
import { OfficialCount } from '../../server/linked/official.ts';
import { Milestone, noteMilestones } from '../../server/milestones/milestone.ts';
import { Petition } from '../../server/petitions/petition.ts';
import { Signature } from '../../server/signatures/signature.ts';
import { makeForm, makePetition, makeSignature } from '../support/factories.ts';
import { type SignedInVisitor, signInAs } from '../support/organizer.ts';
import { errorAt, textOf, valueIn } from '../support/page.ts';
import { type OpenPlatform, openPlatform } from '../support/platform.ts';
import { signAndOpenMail } from '../support/signer.ts';
import { settle } from '../support/tally.ts';
import { visitor } from '../support/visitor.ts';
import { eventually, startWorld, type World } from '../support/world.ts';
import { commons, dayFrom, linkedTexts, makeLinked, officialForm, officialPath } from './support.ts';

let world: World;
let editor: SignedInVisitor;
let platform: OpenPlatform;
before(async () => {
  world = await startWorld();
  platform = await openPlatform(world);
  editor = await signInAs(world, 'editor', { name: 'Ada' });
});
after(async () => {
  await platform?.close();
  await world?.close();
});

const publicPage = async ({ slug }: { slug: string }, lang = ''): Promise<string> =>
  (await visitor(world).get(`/petitions/${slug}${lang && `?lang=${lang}`}`)).text();
const words = async (petition: { slug: string }, lang = '') => textOf(await publicPage(petition, lang));
const desk = async (petition: Petition) => textOf(await (await editor.get(officialPath(petition))).text());
const inWords = (day: string, lang = 'en-GB') =>
  new Intl.DateTimeFormat(lang, { day: 'numeric', month: 'long', timeZone: 'UTC' }).format(new Date(day));

describe('the page of an official petition', () => {
  it('says where, by whom, until when and how one signs there, in both languages', async () => {
    const petition = await makeLinked(editor, {
      'url-fr': 'https://www.noscommunes.ca/petitions/fr/Petition/Details?Petition=e-4701',
    });
    const html = await publicPage(petition);
    assert.ok(html.includes(`href="${commons.replaceAll('=', '&#x3D;')}" rel="noopener"`), 'the link');
    const english = textOf(html);
    assert.match(english, /Sign on the official page .*www\.ourcommons\.ca counts your signature there/);
    assert.match(english, /House of Commons of Canada Number e-4701 Sponsor Ada Member, MP/);
    assert.match(english, new RegExp(`Open there until ${inWords(dayFrom(20))}`));
    assert.match(english, /500 signatures, and it can be certified and presented in the House of Commons/);
    assert.match(english, /How to sign there .*press the link in it\. Only then does your signature count/);
    const french = await words(petition, 'fr');
    assert.match(french, /Signer sur la page officielle .*www\.noscommunes\.ca/);
    assert.match(french, /Comment y signer .*Chambre des communes du Canada/);
  });

  it('shows the official count as of its day, and what is missing until it closes', async () => {
    const petition = await makeLinked(editor);
    assert.match(await words(petition), /No official count has been noted yet/);
    const answer = await editor.post(officialPath(petition, '/counts'), { count: '1,800', day: dayFrom(-3) });
    assert.equal(answer.status, 303);
    const shown = `1,800 signatures on ${inWords(dayFrom(-3))} 60 % Goal: 3,000 1,200 to go before ${inWords(dayFrom(20))}`;
    assert.ok((await words(petition)).includes(shown), await words(petition));
    assert.match(await words(petition), /House of Commons reached/);
    assert.match(
      textOf(await (await visitor(world).get('/')).text()),
      /1,800 signatures on [^;]*; 1,200 to go/,
    );
    assert.match(await words(petition, 'fr'), /1.800 signatures le .* encore 1.200 avant le/);
  });

  it('asks nobody to sign there any more once that is over', async () => {
    const petition = await makeLinked(editor, { closesOn: dayFrom(-2) });
    const page = await words(petition);
    assert.match(page, /Signing there has ended/);
    assert.doesNotMatch(page, /Sign on the official page|How to sign there/);
    assert.match(page, /Did you sign there before it closed\? Tell us\./);
  });

  it('leads there as long as it can be signed, though we no longer ask who has', async () => {
    const closed = { closesAt: new Date(Date.now() - 60_000) };
    const left = await makeLinked(editor, {}, closed);
    const page = await words(left);
    assert.match(page, /Sign on the official page .*Open there until/);
    assert.match(page, /We no longer ask who has signed .*can still be signed on its own page/);
    assert.match(page, /We asked who has signed until/);
    assert.doesNotMatch(page, /Closed on|Yes, I have signed there/);
    assert.match(await words(left, 'fr'), /peut encore être signée .*/);
    const over = await words(await makeLinked(editor, { closesOn: dayFrom(-2) }, closed));
    assert.match(over, /See the official page/);
    assert.doesNotMatch(over, /Sign on the official page|can still be signed/);
    const unknown = await words(await makeLinked(editor, { closesOn: '' }, closed));
    assert.doesNotMatch(unknown, /Sign on the official page|can still be signed/);
  });

  it('offers the way there to whoever must look at their mail', async () => {
    const petition = await makeLinked(editor);
    const html = await publicPage({ slug: `${petition.slug}/check-your-email` });
    assert.ok(html.includes(`href="${commons.replaceAll('=', '&#x3D;')}" rel="noopener"`), textOf(html));
  });

  it('sets the official count against its goal for organizers, and keeps what people told apart', async () => {
    const petition = await makeLinked(editor);
    await makeSignature(petition);
    await settle(petition);
    const look = async (path: string) => textOf(await (await editor.get(path)).text());
    const dashboard = `/organize/petitions/${petition._id}`;
    assert.match(await look(dashboard), /Official count – 0 % No count was noted yet/);
    await editor.post(officialPath(petition, '/counts'), { count: '1,800', day: dayFrom(-3) });
    const shown = await look(dashboard);
    assert.match(shown, /Official count 1,800 60 % of 3,000, on \d+ \w+ \d{4} /);
    assert.match(shown, /Told you that they signed 1 \?/);
    assert.doesNotMatch(shown, /Confirmed 1 /);
    assert.match(await look('/organize'), /1,800 signatures on .*? 60 % 1 told you that they signed/);
  });

  it('takes any other https address, and an organizer’s own steps', async () => {
    const petition = await makeLinked(editor, {
      ...{ 'url-en': 'https://petitions.example.org/bog?a=1&b=2', thresholds: '' },
      'steps-en': 'Open it.\nPress <b>yes</b>.',
    });
    const html = await publicPage(petition);
    assert.match(textOf(html), /How to sign there Open it\. Press <b>yes<\/b>\./);
    assert.ok(!html.includes('<b>yes'));
  });

  it('is not published before it says where the official page is', async () => {
    const petition = await makePetition({ kind: 'linked', texts: linkedTexts, publishedAt: undefined });
    const publish = () => editor.post(`/organize/petitions/${petition._id}/publication`, { when: 'now' });
    const refused = await publish();
    assert.equal(refused.status, 422);
    assert.match(textOf(await refused.text()), /does not say yet where the official page is/);
    await editor.post(officialPath(petition), officialForm);
    assert.equal((await publish()).status, 303);
    assert.equal((await visitor(world).get(`/petitions/${petition.slug}`)).status, 200);
  });
});

describe('what organizers say of it', () => {
  const wrong: [string, string, RegExp][] = [
    ['url-en', '', /address of the official page/],
    ['url-en', 'http://www.ourcommons.ca/x', /beginning with https/],
    ['url-en', 'javascript:alert(1)', /beginning with https/],
    ['url-en', 'https://10.0.0.1/petition', /beginning with https/],
    ['url-en', 'https://user:secret@example.org/', /beginning with https/],
    ['url-en', `https://example.org/${'x'.repeat(50_000)}`, /500 characters/],
    ['sponsor', 'Ada\r\nBcc: all@example.org', /cannot be shown/],
    ['sponsor', 'x'.repeat(50_000), /200 characters/],
    ['closesOn', 'tomorrow', /as 2026-09-04/],
    ['closesOn', '2026-02-30', /as 2026-09-04/],
    ['closesOn', dayFrom(-60), /closes before it opens/],
    ['thresholds', 'many', /whole numbers/],
    ['thresholds', '1; 2; 3; 4; 5', /at most 4/],
    ['steps-en', `x${'y'.repeat(50_000)}`, /2,000 characters/],
  ];
  it('is refused with a message at its field where it cannot be, and what was typed is kept', async () => {
    const petition = await makePetition({ kind: 'linked', texts: linkedTexts });
    for (const [field, typed, message] of wrong) {
      const typedForm = { ...officialForm, [field]: typed };
      const answer = await editor.post(officialPath(petition), typedForm);
      assert.equal(answer.status, 422, field);
      const html = await answer.text();
      assert.match(errorAt(html, field) ?? '', message, `${field}: ${typed.slice(0, 40)}`);
      if (!typed.includes('\r')) assert.equal(valueIn(html, field), typed);
      if (field !== 'sponsor') assert.equal(valueIn(html, 'sponsor'), officialForm.sponsor);
    }
    assert.match(await words(petition), /link to the official page will be here soon/);
  });

  it('is saved by one of two who had it open; the other is told and loses nothing', async () => {
    const petition = await makeLinked(editor);
    const save = (sponsor: string) =>
      editor.post(officialPath(petition), { ...officialForm, revision: '1', sponsor });
    const answers = await Promise.all([save('First Member'), save('Second Member')]);
    assert.deepEqual(answers.map(({ status }) => status).sort(), [303, 409]);
    const late = (await answers.find(({ status }) => status === 409)?.text()) ?? '';
    assert.match(textOf(late), /Somebody else saved this meanwhile/);
    assert.match(String(valueIn(late, 'sponsor')), /First Member|Second Member/);
    const entries = await AuditEntry.find({ petition: petition._id, action: 'official.edit' })
      .sort({ seq: 1 })
      .lean();
    assert.deepEqual(
      entries.map(({ details }) => details.fields),
      ['urls, steps, thresholds, number, sponsor, opensOn, closesOn', 'sponsor'],
    );
  });

  it('has a tab for official petitions alone, and is nothing of other petitions', async () => {
    const [linked, other] = [await makeLinked(editor), await makePetition()];
    const menu = async (petition: Petition) =>
      (await (await editor.get(`/organize/petitions/${petition._id}/publication`)).text()).includes(
        `/organize/petitions/${petition._id}/official"`,
      );
    assert.deepEqual([await menu(linked), await menu(other)], [true, false]);
    assert.equal((await editor.get(officialPath(other))).status, 404);
    assert.equal((await editor.post(officialPath(other), officialForm)).status, 404);
  });
});

describe('an official count', () => {
  it('that was wrong is corrected by a further entry; the first stays in the log', async () => {
    const petition = await makeLinked(editor);
    await editor.post(officialPath(petition, '/counts'), { count: '18000', day: dayFrom(-1) });
    const [entry] = await OfficialCount.find({ petition: petition._id }).lean();
    const correct = (count: string, seen = '0') =>
      editor.post(officialPath(petition, `/counts/${entry?._id}/correction`), {
        ...{ count, seen, day: dayFrom(-2), why: 'One zero too many' },
      });
    const answers = await Promise.all([correct('1800'), correct('1801')]);
    assert.deepEqual(answers.map(({ status }) => status).sort(), [303, 422]);
    const all = await OfficialCount.find({ petition: petition._id }).lean();
    assert.equal(all.length, 2);
    assert.deepEqual(
      all.find(({ _id }) => _id === entry?._id),
      entry,
    );
    assert.match(await words(petition), /1,80[01] signatures on/);
    assert.match(await desk(petition), /18,000 on .* noted first 1,80[01] on .* by Ada: One zero too many/);
    const noted = await AuditEntry.findOne({ petition: petition._id, action: 'official.correct' }).lean();
    assert.equal(noted?.why, 'One zero too many');
  });

  it('sent twice is noted once; garbage and days to come are refused with what was typed', async () => {
    const petition = await makeLinked(editor);
    const id = 'a'.repeat(24);
    const form = { id, count: '1 234', day: dayFrom(-1) };
    await Promise.all([
      editor.post(officialPath(petition, '/counts'), form),
      editor.post(officialPath(petition, '/counts'), form),
    ]);
    assert.equal(await OfficialCount.countDocuments({ petition: petition._id }), 1);
    for (const [count, day] of [
      ['-5', dayFrom(-1)],
      ['1e9', dayFrom(-1)],
      ['99999999999', dayFrom(-1)],
      ['', dayFrom(-1)],
      ['10', dayFrom(3)],
      ['10', 'yesterday'],
    ]) {
      const answer = await editor.post(officialPath(petition, '/counts'), {
        count: count ?? '',
        day: day ?? '',
      });
      assert.equal(answer.status, 422, `${count} on ${day}`);
      const html = await answer.text();
      assert.ok(errorAt(html, 'count') ?? errorAt(html, 'day'));
      assert.equal(valueIn(html, 'count'), count);
    }
    assert.equal(await OfficialCount.countDocuments({ petition: petition._id }), 1);
  });

  it('is of the petition in the address alone', async () => {
    const [petition, other] = [await makeLinked(editor), await makeLinked(editor)];
    await editor.post(officialPath(petition, '/counts'), { count: '10', day: dayFrom(-1) });
    const [entry] = await OfficialCount.find({ petition: petition._id }).lean();
    const form = { count: '11', seen: '0', day: dayFrom(-1), why: 'Not of this one' };
    const answer = await editor.post(officialPath(other, `/counts/${entry?._id}/correction`), form);
    assert.equal(answer.status, 404);
  });
});

describe('“I have signed there”', () => {
  it('is a self-report that no word of calls a signature here, confirmed like any, and counted apart', async () => {
    const petition = await makeLinked(editor);
    await editor.post(officialPath(petition, '/counts'), { count: '1800', day: dayFrom(-1) });
    const page = await words(petition);
    assert.match(page, /I have signed there This is not a signature\. Only the official page counts those\./);
    assert.match(page, /0 people told us that they have signed there/);
    assert.doesNotMatch(page, /Sign this petition|Your signature counts once/);

    const form = makeForm({ updates: 'on' });
    const signer = await signAndOpenMail(world, petition.slug, form);
    assert.equal(signer.mail.subject, 'Have you signed there? Save the bog');
    for (const text of [signer.mail.text ?? '', textOf(signer.mail.html ?? '')]) {
      assert.match(text, /This is not a signature: only the official page counts those/);
      assert.match(text, /to say that they have signed “Save the bog” on its official page/);
      assert.doesNotMatch(text, /Confirm my signature|Your signature counts/);
    }
    const sent = textOf(
      await (await visitor(world).get(`/petitions/${petition.slug}/check-your-email`)).text(),
    );
    assert.match(sent, /If you have not signed on the official page yet, do that too/);
    const asks = textOf(await (await visitor(world).get(signer.confirm)).text());
    assert.match(
      asks,
      /It is not a signature: only the official page counts those\. .*Yes, I have signed there/,
    );
    assert.equal((await visitor(world).post(signer.confirm)).status, 303);
    const thanks = textOf(await (await visitor(world).get(`/petitions/${petition.slug}/signed`)).text());
    assert.match(
      thanks,
      /Thank you for telling us\. .*only the official page counts those\. Sign on the official page/,
    );
    assert.match(
      textOf(await (await visitor(world).get(signer.manage)).text()),
      /What you told us .*not your signature on the official page/,
    );

    await eventually(async () => (await visitor(world).count(petition.slug)) === 1, 'the count');
    await eventually(async () => /1 person told us that they have signed there/.test(await words(petition)));
    assert.match(await words(petition), /1,800 signatures on/);
    const stored = await Signature.findOne({ petition: petition._id }).lean<Signature>();
    assert.match(stored?.consent[0]?.wording ?? '', /^I tell you that I have signed the official petition/);
  });

  it('speaks French where the signer does, and tells who comes twice', async () => {
    const petition = await makeLinked(editor);
    const form = makeForm({ lang: 'fr' });
    const signer = await signAndOpenMail(world, petition.slug, form);
    assert.equal(signer.mail.subject, 'Vous y avez signé\u00a0? Sauvons la tourbière');
    assert.match(
      signer.mail.text ?? '',
      /Ce n’est pas une signature\u00a0: seule la page officielle les compte/,
    );
    await visitor(world).post(signer.confirm);
    await Signature.updateMany({ petition: petition._id }, { $set: { 'mail.requestedAt': new Date(0) } });
    await visitor(world).sign(petition.slug, form);
    const again = await world.mailbox.mailTo(form.email ?? '', 2);
    assert.equal(again.subject, 'Vous nous l’aviez déjà dit\u00a0: Sauvons la tourbière');
  });

  it('keeps what was typed where something is wrong', async () => {
    const petition = await makeLinked(editor);
    const answer = await visitor(world).sign(petition.slug, {
      name: 'Robin',
      email: 'nobody',
      country: 'CA',
    });
    assert.equal(answer.status, 422);
    const html = await answer.text();
    assert.equal(valueIn(html, 'name'), 'Robin');
    assert.match(textOf(html), /Yes, I have signed there/);
  });

  it('reaches no milestone: what people tell us is not on the way to an official goal', async () => {
    const petition = await makeLinked(editor, {}, { goal: { kind: 'fixed', number: 2 } });
    const other = await makePetition({ goal: { kind: 'fixed', number: 2 } });
    for (const each of [petition, other]) {
      for (const _ of [1, 2]) await makeSignature(each);
      await settle(each);
      await noteMilestones(platform, each);
    }
    assert.ok(await Milestone.exists({ petition: other._id }));
    assert.equal(await Milestone.exists({ petition: petition._id }), null);
  });
});

describe('its stages', () => {
  const stage = (petition: Petition, named: string, on: string, notes: Record<string, string> = {}) =>
    editor.post(officialPath(petition, '/stages'), { stage: named, on, ...notes });

  it('follow on each other, each with its day, and the House of Commons has 45 days to answer', async () => {
    const petition = await makeLinked(editor);
    assert.match(await words(petition), /Where it stands Gathering signatures \(now\) Certified Presented/);
    assert.equal((await stage(petition, 'certified', dayFrom(-50))).status, 303);
    const presented = await stage(petition, 'presented', dayFrom(-40), {
      ...{ 'note-en': 'Ada Member read it out.', 'note-fr': 'Ada Member l’a lue.' },
    });
    assert.equal(presented.status, 303, await presented.text());
    const clock = new RegExp(`45 days to answer: until ${inWords(dayFrom(5))}[^,]*, 5 days from now`);
    assert.match(await words(petition), clock);
    assert.match(await desk(petition), clock);
    assert.match(await words(petition), /Presented .*Ada Member read it out/);
    assert.match(await words(petition, 'fr'), /45 jours pour répondre : jusqu’au .*, dans 5 jours/);
    await stage(petition, 'answered', dayFrom(-1));
    assert.match(await words(petition), /answered after 39 days; 45 are allowed/);
    const actions = await AuditEntry.find({ petition: petition._id, action: 'official.stage' })
      .sort({ seq: 1 })
      .lean();
    assert.deepEqual(
      actions.map(({ details }) => details.stage),
      ['certified', 'presented', 'answered'],
    );
  });

  it('say by how many days an answer is late', async () => {
    const petition = await makeLinked(editor);
    await stage(petition, 'presented', dayFrom(-48));
    assert.match(await words(petition), /was due on .*, within 45 days\. It is 3 days late/);
  });

  it('have no clock where no rule sets one', async () => {
    const petition = await makeLinked(editor, { 'url-en': 'https://petitions.example.org/bog' });
    await stage(petition, 'presented', dayFrom(-48));
    assert.doesNotMatch(await words(petition), /days to answer|days late/);
  });

  it('are written down once, in their order, not ahead of time, and can be taken back with a reason', async () => {
    const petition = await makeLinked(editor);
    const both = await Promise.all([
      stage(petition, 'presented', dayFrom(-3)),
      stage(petition, 'presented', dayFrom(-3)),
    ]);
    for (const { status } of both) assert.ok(status === 303 || status === 422);
    const historyOf = async () => (await Petition.findById(petition._id).lean<Petition>())?.history ?? [];
    assert.equal((await historyOf()).length, 1);
    assert.equal((await stage(petition, 'certified', dayFrom(-1))).status, 422);
    assert.equal((await stage(petition, 'answered', dayFrom(2))).status, 422);
    assert.equal((await stage(petition, 'victory', dayFrom(-1))).status, 422);
    const half = await stage(petition, 'answered', dayFrom(-1), { 'note-en': 'Only in English' });
    assert.equal(half.status, 422);
    const html = await half.text();
    assert.match(errorAt(html, 'note-fr') ?? '', /French too/);
    assert.equal(valueIn(html, 'note-en'), 'Only in English');

    const undo = (why: string) =>
      editor.post(officialPath(petition, '/stages/undoing'), { stage: 'presented', why });
    assert.equal((await undo('')).status, 422);
    assert.equal((await undo('It was another petition')).status, 303);
    assert.deepEqual(await historyOf(), []);
    assert.match(await words(petition), /Gathering signatures \(now\)/);
    const entry = await AuditEntry.findOne({ petition: petition._id, action: 'official.undoStage' }).lean();
    assert.equal(entry?.why, 'It was another petition');
  });

  it('wait until the page is public', async () => {
    const petition = await makeLinked(editor, {}, { publishedAt: undefined });
    const answer = await stage(petition, 'certified', dayFrom(-1));
    assert.equal(answer.status, 422);
    assert.match(textOf(await answer.text()), /Once the page is public you can write down/);
  });
});
