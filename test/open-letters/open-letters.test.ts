import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { signatoryLimits } from '../../config/limits.ts';
import { AuditEntry } from '../../server/audit/entry.ts';
import { foldName, isOwnDomain, siteOf } from '../../server/open-letters/fold.ts';
import { signatoriesView } from '../../server/open-letters/list-view.ts';
import { Petition } from '../../server/petitions/petition.ts';
import { Signature } from '../../server/signatures/signature.ts';
import { compareTally } from '../../server/tallies/compare.ts';
import { readCount, Tally } from '../../server/tallies/tally.ts';
import { applyRetention } from '../../workers/retention.ts';
import { pagesOf } from '../exports/pdf.ts';
import { download, makeExport, ticked } from '../support/exports.ts';
import { makeForm } from '../support/factories.ts';
import {
  decideAs,
  makeOpenLetter,
  organisationForm,
  signAs,
  signatoriesPath,
  titledForm,
} from '../support/open-letters.ts';
import { type SignedInVisitor, signInAs } from '../support/organizer.ts';
import { textOf } from '../support/page.ts';
import { type OpenPlatform, openPlatform } from '../support/platform.ts';
import { makeSignatures } from '../support/signatures.ts';
import { assertExact, settle } from '../support/tally.ts';
import { finishTask } from '../support/tasks.ts';
import { visitor } from '../support/visitor.ts';
import { startWorld, type World } from '../support/world.ts';

let world: World;
let platform: OpenPlatform;
let ada: SignedInVisitor;
let ben: SignedInVisitor;
before(async () => {
  world = await startWorld();
  [platform, ada, ben] = await Promise.all([
    openPlatform(world),
    signInAs(world, 'editor', { name: 'Ada Editor' }),
    signInAs(world, 'moderator', { name: 'Ben Moderator' }),
  ]);
});
after(async () => {
  await platform?.close();
  await world?.close();
});

const page = async (path: string): Promise<string> => textOf(await (await visitor(world).get(path)).text());
const letterPage = ({ slug }: Petition, rest = '') => page(`/petitions/${slug}${rest}`);
const listOf = (petition: Petition, query = '') => letterPage(petition, `/signatories${query}`);
const queueOf = async (petition: Petition, query = '', by = ben) =>
  textOf(await (await by.get(signatoriesPath(petition, query))).text());
const stored = async (id: string) => (await Signature.findById(id).lean<Signature>()) as Signature;

describe('an organisation that signs an open letter', () => {
  it('is held until a moderator approves it, then counts and is listed by its name alone', async () => {
    const petition = await makeOpenLetter();
    const form = organisationForm({
      organisation: 'Friends of the Otters',
      website: 'otters.example.org',
      email: 'olive@mail.otters.example.org',
    });
    const otters = await signAs(world, petition, form);
    assert.equal((await stored(otters.id)).state, 'held');
    await settle(petition);
    assert.doesNotMatch(await letterPage(petition), /Otters/);
    assert.doesNotMatch(await listOf(petition), /Otters/);

    const queue = await queueOf(petition);
    assert.match(queue, /Friends of the Otters.*Olive Authorised , Keeper of the seal.*otters\.example\.org/);
    assert.match(queue, /mail\.otters\.example\.org The organisation’s own domain/);
    assert.equal((await decideAs(ben, petition, otters)).status, 303);
    await settle(petition);
    const shown = await letterPage(petition);
    assert.match(shown, /1 organisation and 0 people/);
    assert.match(shown, /Organisations Friends of the Otters Canada/);
    for (const text of [shown, await listOf(petition), await listOf(petition, '?print=1')])
      assert.doesNotMatch(text, /Olive|Keeper|otters\.example/);
    const [entry] = await AuditEntry.find({ petition: petition._id }).lean();
    assert.equal(entry?.action, 'signatory.approve');
    assert.doesNotMatch(JSON.stringify(entry), /Otters|Olive/);
    await assertExact(petition);
  });

  it('that is refused for a reason is not listed and does not count; the signer is told why, and it can be undone', async () => {
    const petition = await makeOpenLetter();
    const form = organisationForm({ organisation: 'Buy Boots Now', website: 'boots.example.net' });
    const boots = await signAs(world, petition, form);
    assert.match(await queueOf(petition), /E-mail from example\.org Not the website’s domain/);
    const refusal = { decision: 'refuse', reason: 'advertising', note: 'sells boots' };
    assert.equal(
      (await decideAs(ben, petition, boots, { decision: 'refuse' })).status,
      422,
      'without a reason',
    );
    assert.equal((await decideAs(ben, petition, boots, refusal)).status, 303);
    assert.equal((await stored(boots.id)).state, 'invalidated');
    assert.match(await page(boots.manage), /the moderators do not list it\. Their reason: It is advertising/);
    assert.match(await queueOf(petition, '?show=refused'), /Buy Boots Now.*Refused: Advertising, by Ben/);
    const [entry] = await AuditEntry.find({ petition: petition._id }).lean();
    assert.deepEqual(
      [entry?.action, entry?.why, entry?.details],
      ['signatory.refuse', 'sells boots', { reason: 'advertising' }],
    );
    assert.equal((await decideAs(ben, petition, boots)).status, 409, 'decided already');
    await ben.post(signatoriesPath(petition, `/${boots.id}/undo`));
    assert.match(await page(boots.manage), /once a moderator has looked\. You are not named\./);
    assert.equal((await decideAs(ben, petition, boots)).status, 303);
    await settle(petition);
    assert.match(await listOf(petition), /Buy Boots Now/);
    await ben.post(signatoriesPath(petition, `/${boots.id}/undo`));
    await settle(petition);
    assert.doesNotMatch(await listOf(petition), /Buy Boots/);
    await assertExact(petition);
  });

  it('is looked at by one moderator at a time', async () => {
    const petition = await makeOpenLetter();
    const club = await signAs(world, petition, organisationForm());
    await ada.post(signatoriesPath(petition, `/${club.id}/claim`));
    const late = await decideAs(ben, petition, club);
    assert.equal(late.status, 409);
    assert.match(textOf(await late.text()), /Ada Editor is looking at this/);
    assert.equal((await stored(club.id)).state, 'held');
    await ada.post(signatoriesPath(petition, `/${club.id}/release`));
    assert.equal((await decideAs(ben, petition, club)).status, 303);
  });

  it('is not to be had under another letter’s address, nor on a petition', async () => {
    const [petition, other] = [await makeOpenLetter(), await makeOpenLetter()];
    const club = await signAs(world, petition, organisationForm());
    assert.equal((await decideAs(ben, other, club)).status, 409);
    assert.equal((await ada.post(signatoriesPath(other, `/${club.id}/pin`))).status, 404);
    assert.equal((await stored(club.id)).state, 'held');
    const plain = await makeOpenLetter({ kind: 'petition' });
    assert.equal((await ben.get(signatoriesPath(plain))).status, 404);
    const person = await signAs(world, plain, organisationForm());
    assert.deepEqual(
      [(await stored(person.id)).state, (await stored(person.id)).signatory],
      ['confirmed', undefined],
    );
  });
});

describe('an organisation that signs twice under two spellings', () => {
  it('folds to one name, and its website to one domain', () => {
    for (const name of [
      'Les Amis de l’Étang Inc.',
      'LES AMIS DE L’ETANG',
      " amis  de l'etang, Inc",
      'Les Amis-de-l’Étang, Ltd.',
    ])
      assert.equal(foldName(name), 'amisdeletang', name);
    assert.equal(foldName('The Wend & Weir Trust e.V.'), foldName('Wend and Weir Trust'));
    assert.equal(foldName('Łódź Rivers S.A.'), 'lodzrivers');
    assert.equal(foldName('The Inc.'), 'inc');
    assert.equal(foldName('河の友'), foldName(' 河 の 友 '));
    assert.notEqual(foldName('Amnesty Wend'), foldName('Amnesty Lark'));
    for (const site of [
      'https://www.Wend.example.org/about?x=1',
      'wend.example.org',
      'HTTP://wend.example.org:80/',
    ])
      assert.equal(siteOf(site), 'wend.example.org', site);
    assert.equal(siteOf('https://facebook.com/Wend/posts/1'), 'facebook.com/wend/posts');
    for (const bad of [
      '',
      'wend',
      'javascript:alert(1)',
      'https://a:b@wend.example.org',
      'http://127.0.0.1/',
      'facebook.com',
    ])
      assert.equal(siteOf(bad), undefined, bad);
    assert.ok(isOwnDomain('mail.wend.example.org', 'https://www.wend.example.org'));
    assert.ok(!isOwnDomain('evilwend.example.org', 'wend.example.org'));
    assert.ok(!isOwnDomain('org', 'wend.example.org'));
  });

  it('looks the same to the public form; the moderator is shown both, and merges them: it counts once', async () => {
    const petition = await makeOpenLetter();
    const [first, second] = [
      await signAs(
        world,
        petition,
        organisationForm({ organisation: 'The Étang Society', website: 'etang.example.org' }),
      ),
      await signAs(
        world,
        petition,
        organisationForm({ organisation: 'ETANG  society, Inc.', website: 'other.example.org' }),
      ),
    ];
    assert.match(
      await queueOf(petition),
      /This may be the same organisation.*ETANG society, Inc\..*Waits too/,
    );
    await decideAs(ben, petition, first);
    const again = await decideAs(ben, petition, second);
    assert.equal(again.status, 409);
    assert.match(textOf(await again.text()), /is listed already\. Merge the two/);
    assert.equal((await decideAs(ben, petition, second, { decision: 'merge', into: second.id })).status, 409);
    assert.equal((await decideAs(ben, petition, second, { decision: 'merge', into: first.id })).status, 303);
    await settle(petition);
    assert.match(await letterPage(petition), /1 organisation and 0 people/);
    assert.match(await page(second.manage), /The organisation is listed already, from another signature/);
    assert.match(await page(second.manage), /Put together with another signature of your organisation/);
    assert.doesNotMatch(await page(second.manage), /Marked as invalid/);
    assert.match(await queueOf(petition, '?show=refused'), /Merged with another signature of it/);
    const log = JSON.stringify(await AuditEntry.find({ petition: petition._id }).lean());
    assert.doesNotMatch(log, /tang/i);
    await assertExact(petition);
  });

  it('is found by its website, and counts once however many approve it at the same moment', async () => {
    const petition = await makeOpenLetter();
    const both = [
      await signAs(
        world,
        petition,
        organisationForm({ organisation: 'Wend Watch', website: 'www.watch.example.org' }),
      ),
      await signAs(
        world,
        petition,
        organisationForm({ organisation: 'Watchers of Wend', website: 'https://watch.example.org/en' }),
      ),
    ];
    const answers = await Promise.all(both.map((one, n) => decideAs(n ? ada : ben, petition, one)));
    assert.deepEqual(answers.map(({ status }) => status).sort(), [303, 409]);
    await settle(petition);
    assert.match(await letterPage(petition), /1 organisation and 0 people/);
    const left = both[answers.findIndex(({ status }) => status === 409)];
    assert.ok(left);
    assert.equal((await decideAs(ben, petition, left, { decision: 'approve', another: 'on' })).status, 303);
    await settle(petition);
    assert.match(
      await letterPage(petition),
      /2 organisations and 0 people/,
      'where a moderator says that they are two',
    );
  });

  it('may take the place of one that withdrew, which comes back only before a moderator', async () => {
    const petition = await makeOpenLetter();
    const form = { organisation: 'Weir Watch', website: 'weir.example.org' };
    const first = await signAs(world, petition, organisationForm(form));
    await decideAs(ben, petition, first);
    const what = { what: 'invalidate', why: 'A board without a quorum', id: first.id };
    await finishTask(ada, `/organize/petitions/${petition._id}/signatures/change`, what);
    const second = await signAs(world, petition, organisationForm(form));
    assert.equal((await decideAs(ben, petition, second)).status, 303);
    await finishTask(ada, `/organize/petitions/${petition._id}/signatures/change`, {
      ...what,
      what: 'restore',
    });
    assert.equal((await stored(first.id)).state, 'held');
    assert.equal((await decideAs(ben, petition, first)).status, 409);
    await settle(petition);
    assert.match(await letterPage(petition), /1 organisation and 0 people/);
    await assertExact(petition);
  });
});

describe('the form of an open letter', () => {
  it('says at each field what is wrong, and keeps what was typed', async () => {
    const petition = await makeOpenLetter();
    const long = 'x'.repeat(50_000);
    const wrong: [Record<string, string>, RegExp][] = [
      [{ organisation: '' }, /Enter the organisation’s name/],
      [{ organisation: ' …! ' }, /Enter the organisation’s name/],
      [{ organisation: long }, /Shorten the organisation’s name to 150/],
      [{ organisation: 'Wend\r\nBcc: all@example.org' }, /characters that cannot be shown/],
      [{ organisation: 'Wend https://wend.example' }, /without a web or e-mail address/],
      [{ website: '' }, /Enter the organisation’s website/],
      [{ website: 'javascript:alert(1)' }, /Check the web address/],
      [{ website: 'https://www.facebook.com/%E0%A4%A' }, /Check the web address/],
      [{ website: `${long}.org` }, /This web address is too long/],
      [{ website: 'https://www.facebook.com/' }, /Many share this site/],
      [{ role: '' }, /Enter your role/],
      [{ role: 'Chair\u202e' }, /Your role contains characters/],
      [{ listing: '' }, /Tick that it may be listed/],
      [{ signer: 'government' }, /Choose who signs/],
      [{ name: 'Olive\nBcc: x@example.org' }, /name/i],
    ];
    for (const [typed, says] of wrong) {
      const form = organisationForm({ ...typed, comment: 'kept words' });
      const response = await visitor(world).sign(petition.slug, form);
      const shown = await response.text();
      assert.equal(response.status, 422, JSON.stringify(typed).slice(0, 80));
      assert.match(textOf(shown), says);
      assert.match(shown, /kept words/);
      if (typed.role === undefined && typed.signer === undefined) assert.match(shown, /Keeper of the seal/);
    }
    const untitled = await visitor(world).sign(petition.slug, titledForm({ title: '', lang: 'fr' }));
    assert.match(textOf(await untitled.text()), /Indiquez votre titre/);
    assert.equal(await Signature.countDocuments({ petition: petition._id }), 0);
    const dotted = await visitor(world).sign(petition.slug, organisationForm({ organisation: 'Wend.org' }));
    assert.equal(dotted.status, 303, 'a name may look like a domain');
  });

  it('keeps who is authorised sealed: a stolen database names nobody', async () => {
    const petition = await makeOpenLetter();
    const form = organisationForm({ organisation: 'Sealed Society', name: 'Secret Person', showName: 'on' });
    const { id } = await signAs(world, petition, form);
    const raw = JSON.stringify(await Signature.collection.findOne({ petition: petition._id }));
    assert.doesNotMatch(raw, /Sealed Society|Secret|Keeper|example\.org/);
    await decideAs(ben, petition, { id });
    const listed = JSON.stringify(await Signature.collection.findOne({ petition: petition._id }));
    assert.match(listed, /Sealed Society/, 'what is public is');
    assert.doesNotMatch(listed, /Secret|Keeper/);
    assert.equal((await stored(id)).showName, false, 'whatever was ticked');
    const { consent } = await stored(id);
    assert.match(consent.find(({ to }) => to === 'listing')?.wording ?? '', /may be listed in public/);
  });

  it('lets somebody come back as an organisation who signed as a person, and counts them as that', async () => {
    const petition = await makeOpenLetter();
    const email = 'both@example.org';
    const person = await signAs(world, petition, makeForm({ email, signer: 'person', showName: 'on' }));
    await settle(petition);
    assert.match(await letterPage(petition), /1 person/);
    await visitor(world).post(`${person.manage}/withdrawal`);
    // Before the tally looks: it must not take them for the person they were.
    await visitor(world).sign(petition.slug, organisationForm({ email, organisation: 'Second Thoughts' }));
    await visitor(world).post(person.confirm);
    assert.equal((await stored(person.id)).state, 'held');
    await decideAs(ben, petition, person);
    await settle(petition);
    assert.match(await letterPage(petition), /1 organisation and 0 people/);
    await assertExact(petition);
  });
});

describe('the page of an open letter', () => {
  const names = ['Zoé Underhill', 'Ann Person', 'Bo Person'];

  /** Two organisations, two people with a title, three who are named and one who is not. */
  async function makeSigned() {
    const petition = await makeOpenLetter();
    const wend = await signAs(
      world,
      petition,
      organisationForm({ organisation: 'Wend Rowers', country: 'GB' }),
    );
    const alder = await signAs(world, petition, organisationForm({ organisation: 'Alder Society' }));
    const theda = await signAs(world, petition, titledForm());
    const mayor = await signAs(
      world,
      petition,
      titledForm({ name: 'Amos Mayor', title: 'Mayor', affiliation: '' }),
    );
    for (const item of [wend, alder, theda, mayor]) await decideAs(ben, petition, item);
    await makeSignatures(world, petition, [
      ...names.map((name) => ({ name, showName: true, country: 'FR' })),
      { name: 'Hidden Person' },
    ]);
    await settle(petition);
    return { petition, wend, alder, theda, mayor };
  }

  it('lists organisations, then people with a title, then everyone else, and counts each in both languages', async () => {
    const { petition } = await makeSigned();
    const order =
      /Alder Society.*Wend Rowers.*Amos Mayor Mayor.*Theda Titled Professor of law, University of Wend.*Zoé Underhill/;
    const shown = await letterPage(petition);
    assert.match(shown, /2 organisations and 6 people/);
    assert.match(shown, /Alder Society.*Wend Rowers.*Amos Mayor.*Theda Titled/);
    assert.match(await letterPage(petition, '?lang=fr'), /2 organisations et 6 personnes/);
    const list = await listOf(petition);
    assert.match(list, order);
    assert.match(list, /1 more person signed without being named/);
    assert.doesNotMatch(list, /Hidden Person/);
    assert.match(
      await listOf(petition, '?lang=fr&print=1'),
      /2 organisations et 6 personnes.*Alder Society.*Zoé Underhill/,
    );
    assert.match(await page('/'), /2 organisations and 6 people, of 100/);
    const told = await (await visitor(world).get(`/petitions/${petition.slug}/count.json`)).json();
    const { count, organisations, people } = told as Record<string, number>;
    assert.deepEqual({ count, organisations, people }, { count: 8, organisations: 2, people: 6 });
  });

  it('is searched by names, grouped by country, and never says more than who agreed to be named', async () => {
    const { petition } = await makeSigned();
    assert.match(await listOf(petition, '?q=ZOE'), /1 name found.*Zoé Underhill/);
    assert.doesNotMatch(await listOf(petition, '?q=ZOE'), /Wend Rowers/);
    for (const q of ['hidden', 'professor', 'olive', 'example.org', '%00', '(', 'x'.repeat(5_000)])
      assert.match(await listOf(petition, `?q=${encodeURIComponent(q)}`), /No listed name is like this/, q);
    assert.match(
      await listOf(petition, '?by=country'),
      /Organisations Canada Alder Society United Kingdom Wend Rowers.*France .*Zoé/,
    );
    for (const page of ['0', '-1', 'x', '9999999'])
      assert.match(await listOf(petition, `?page=${page}`), /Alder Society/, page);
    const twice = await visitor(world).get(`/petitions/${petition.slug}/signatories?q=a&q=b&by=x&print=2`);
    assert.equal(twice.status, 200);
  });

  it('is in pages when it is long', async () => {
    const petition = await makeOpenLetter();
    const people = Array.from({ length: signatoryLimits.page + 5 }, (_, n) => ({
      ...{ name: `Person Number${n}`, showName: true },
      confirmedAt: new Date(Date.now() - n * 1_000),
    }));
    await makeSignatures(world, petition, people);
    assert.match(await listOf(petition), /Number99.*Page 1 of 2 The next names/);
    assert.match(await listOf(petition, '?page=2'), /Number100 .*Number104.*Back a page Page 2 of 2/);
    const printed = await listOf(petition, '?print=1');
    for (const n of [0, 50, 104]) assert.match(printed, new RegExp(`Number${n} `));
  });

  it('keeps so many people at hand; the others are found by their full name, and all are printed in parts', async () => {
    const petition = await makeOpenLetter();
    const people = ['Ann One', 'Bo Two', 'Cy Three', 'Di Four', 'Zoé Five'].map((name, n) => ({
      ...{ name, showName: true, confirmedAt: new Date(Date.now() - n * 1_000) },
    }));
    await makeSignatures(world, petition, people);
    await settle(petition);
    const opened = { petition, count: await readCount(petition), lang: 'en', now: new Date() } as const;
    const look = async (wanted: object) => {
      const asked = { q: '', page: 1, byCountry: false, print: false, ...wanted };
      const list = await signatoriesView(platform, opened, asked, { page: 2, printed: 2, listed: 3 });
      const names = list.sections.flatMap(({ groups }) => groups.flatMap(({ rows }) => rows));
      return { names: names.map(({ name }) => name), pages: list.pages, isCut: list.isCut };
    };
    assert.deepEqual(await look({}), { names: ['Ann One', 'Bo Two'], pages: 2, isCut: true });
    assert.deepEqual((await look({ page: 2 })).names, ['Cy Three']);
    assert.deepEqual((await look({ q: 'zoe five' })).names, ['Zoé Five']);
    assert.deepEqual((await look({ q: 'five' })).names, []);
    const printed = [1, 2, 3].map((page) => look({ print: true, page }));
    assert.deepEqual(
      (await Promise.all(printed)).flatMap(({ names }) => names),
      people.map(({ name }) => name),
    );
  });

  it('has at the top whom an organizer put there, and the rest as they chose', async () => {
    const { petition, wend, alder } = await makeSigned();
    assert.equal((await ben.post(signatoriesPath(petition, `/${wend.id}/pin`))).status, 403);
    assert.equal((await ada.post(signatoriesPath(petition, `/${wend.id}/pin`))).status, 303);
    assert.match(await listOf(petition), /Wend Rowers.*Alder Society/);
    await ada.post(signatoriesPath(petition, `/${alder.id}/pin`));
    assert.match(await listOf(petition), /Alder Society.*Wend Rowers/, 'the latest first');
    for (const { id } of [wend, alder]) await ada.post(signatoriesPath(petition, `/${id}/unpin`));
    await ada.post(signatoriesPath(petition, '/order'), { order: 'time' });
    assert.match(await listOf(petition), /Wend Rowers.*Alder Society/);
    assert.equal((await ada.post(signatoriesPath(petition, '/order'), { order: 'money' })).status, 422);
    const actions = (await AuditEntry.find({ petition: petition._id }).lean()).map(({ action }) => action);
    for (const action of ['signatory.pin', 'signatory.unpin', 'signatory.order'])
      assert.ok(actions.includes(action));
  });

  it('keeps an organisation whose authorised person is erased, and forgets the person; withdrawing takes it off', async () => {
    const { petition, wend, alder, theda } = await makeSigned();
    assert.match(
      await page(alder.manage),
      /Organisation Alder Society.*The organisation stays under the letter/,
    );
    const own = await (await visitor(world).post(`${alder.manage}/download`)).json();
    assert.equal((own as { signatory: { role: string } }).signatory.role, 'Keeper of the seal');
    for (const { manage } of [alder, theda]) await visitor(world).post(`${manage}/erasure`);
    await visitor(world).post(`${wend.manage}/withdrawal`);
    await settle(petition);
    const list = await listOf(petition);
    assert.match(list, /1 organisation and 6 people.*Alder Society/);
    assert.doesNotMatch(list, /Wend Rowers|Theda/);
    const { sealed, signatory, emailKey } = await stored(alder.id);
    assert.deepEqual([sealed, signatory?.name, emailKey], [undefined, 'Alder Society', `erased:${alder.id}`]);
    assert.match(await queueOf(petition, '?show=listed'), /Alder Society/);
    await assertExact(petition);
  });

  it('goes with retention to what is no person: organisations by name, and the count', async () => {
    const { petition } = await makeSigned();
    const later = new Date(Date.now() + 400 * 86_400_000);
    await Petition.updateOne({ _id: petition._id }, { $set: { closesAt: new Date() } });
    await applyRetention(platform.log, later);
    platform.recent.forget();
    const left = await Signature.find({ petition: petition._id }).lean<Signature[]>();
    assert.ok(left.every(({ sealed, nameKey }) => !sealed && !nameKey));
    assert.deepEqual(left.flatMap(({ signatory }) => signatory?.name ?? []).sort(), [
      'Alder Society',
      'Wend Rowers',
    ]);
    await assertExact(petition);
  });

  it('is exported with who signs and the consent to be listed, and in the pack organisations come first', async () => {
    const { petition, alder } = await makeSigned();
    const table = await makeExport(ada, petition, {
      ...{ kind: 'csv', ...ticked('signer', 'organisation', 'role', 'title', 'name', 'listingWording') },
    });
    const csv = (await download(ada, table.url)).toString();
    assert.match(
      csv,
      /Olive Authorised,organisation,Alder Society,Keeper of the seal,,"?The organisation named above/,
    );
    assert.match(csv, /Theda Titled,person with a title,,,Professor of law,"?The organisation named above/);
    assert.match(csv, /Hidden Person,person,,,,\r?\n/);
    await visitor(world).post(`${alder.manage}/erasure`);
    const pack = await makeExport(ada, petition, { kind: 'pdf' });
    const pages = pagesOf(await download(ada, pack.url)).join(' ');
    assert.match(
      pages,
      /2 Organisations 6 People 8 .*Organisations Alder Society, Canada Wend Rowers, United Kingdom/,
    );
    assert.match(pages, /Amos Mayor, Mayor.*Theda Titled, Professor of law.*Zoé Underhill/);
    assert.equal(pages.split('Theda Titled').length, 2, 'once');
    assert.doesNotMatch(pages, /Olive|Hidden/);
  });
});

describe('the count of organisations and people', () => {
  it('is compared each night, and corrected where it was wrong', async () => {
    const petition = await makeOpenLetter();
    await decideAs(ben, petition, await signAs(world, petition, organisationForm()));
    await makeSignatures(world, petition, [{}, {}]);
    await settle(petition);
    const nightly = () => compareTally(petition, platform.log);
    assert.deepEqual(await nightly(), { outcome: 'equal' });
    await Tally.updateOne({ _id: petition._id }, { $inc: { 'signatories.organisation': 3 } });
    assert.equal((await nightly()).outcome, 'corrected');
    await assertExact(petition);
    // A mark that says another than who signed is found, put on the list and counted anew.
    await Signature.updateOne(
      { petition: petition._id, signatory: { $ne: null } },
      { $unset: { 'counted.signatory': 1 } },
    );
    await nightly();
    await settle(petition);
    await assertExact(petition);
    assert.deepEqual(await nightly(), { outcome: 'equal' });
  });

  it('does not know who was let go or waits, whatever is done in bulk', async () => {
    const petition = await makeOpenLetter();
    const club = await signAs(world, petition, organisationForm());
    const change = (what: string) =>
      finishTask(ada, `/organize/petitions/${petition._id}/signatures/change`, {
        ...{ what, why: 'All of them', scope: 'all' },
      });
    const released = await ada.post(`/organize/petitions/${petition._id}/signatures/change`, {
      ...{ what: 'release', why: 'All of them', id: club.id },
    });
    assert.notEqual(released.status, 500);
    assert.equal((await stored(club.id)).state, 'held', 'only approving lets it count');
    await change('invalidate');
    await change('restore');
    assert.equal((await stored(club.id)).state, 'held');
    await settle(petition);
    await assertExact(petition);
  });
});
