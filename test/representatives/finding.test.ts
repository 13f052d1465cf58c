import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Petition } from '../../server/petitions/petition.ts';
import { chosenRepresentatives, readChoice } from '../../server/representatives/choose.ts';
import { createRepresent, RepresentLookup } from '../../server/representatives/represent/represent.ts';
import { Representative } from '../../server/representatives/representative.ts';
import { deleteOldFiles } from '../../workers/files.ts';
import { makeForm, makePetition } from '../support/factories.ts';
import { makeTarget } from '../support/letters.ts';
import { errorAt, focusIn, textOf, valueIn } from '../support/page.ts';
import { type OpenPlatform, openPlatform } from '../support/platform.ts';
import { address, answerFor, type FakeRepresent, mp, mpp, startRepresent } from '../support/represent.ts';
import { visitor } from '../support/visitor.ts';
import { startWorld, type World } from '../support/world.ts';

let represent: FakeRepresent;
let world: World;
let platform: OpenPlatform;
let slow: Promise<{ page: Page; ms: number }>;
before(async () => {
  represent = await startRepresent();
  const env = { REPRESENT_URL: represent.url, TRUST_PROXY: '1' };
  world = await startWorld({ workers: false, env });
  platform = await openPlatform(world);
  slow = askTheSilentOne();
  slow.catch(() => undefined);
});
after(async () => {
  await platform?.close();
  await world?.close();
  await represent?.close();
});

type Page = { status: number; html: string; text: string; headers: Headers };

const makeLetter = (offices = ['MP'], differences: Record<string, unknown> = {}): Promise<Petition> =>
  makePetition({ kind: 'letter', representatives: { provider: 'represent', offices }, ...differences });

let visitors = 0;
/** Each from a place of their own, so that nobody is counted for another. */
const newPlace = () => {
  visitors += 1;
  return { 'x-forwarded-for': `10.0.${visitors >> 8}.${visitors & 255}` };
};
async function find(letter: Petition, form: Record<string, string>, headers = newPlace()): Promise<Page> {
  const response = await visitor(world, headers).post(`/petitions/${letter.slug}/representatives`, form);
  const html = await response.text();
  return { status: response.status, html, text: textOf(html), headers: response.headers };
}

/** Begun first and waited for last: it takes as long as anybody waits. */
async function askTheSilentOne() {
  represent.answer('B1A1A1', { never: true });
  const letter = await makeLetter();
  const begun = performance.now();
  const page = await find(letter, { lookupCode: 'B1A 1A1', name: 'Robin' });
  return { page, ms: performance.now() - begun };
}

type Member = { tag: string; id: string; type: string; isChecked: boolean };
/** What stands before somebody's name: a box to tick, or nothing. */
function boxOf({ html }: Page, name: string): Member | undefined {
  const found = new RegExp(
    `(<input type="(radio|checkbox)"[^>]*value="([0-9a-f]{24})"[^>]*>)\\s*<label[^>]*>${name}`,
  ).exec(html);
  const [, tag = '', type = '', id = ''] = found ?? [];
  return found ? { tag, id, type, isChecked: / checked/.test(tag) } : undefined;
}

/** Offers to go on in other ways, with what was typed still there. */
function offersOtherWays(page: Page): void {
  assert.equal(valueIn(page.html, 'lookupName'), '');
  // The letter goes to nobody else: without them there would be none.
  assert.equal(valueIn(page.html, 'withoutRepresentatives'), undefined);
  assert.equal(valueIn(page.html, 'name'), 'Robin');
}

describe('who looks for their representatives', () => {
  it('is shown whoever is in the office, ticked, with all that was typed before', async () => {
    const letter = await makeLetter();
    const typed = makeForm({
      name: 'Robin Example',
      lookupCode: ' k0a-1ko ',
      comment: 'Because.',
      updates: 'on',
    });
    const page = await find(letter, typed);
    assert.equal(page.status, 200);
    assert.equal(page.headers.get('cache-control'), 'no-store');
    assert.equal(page.headers.get('set-cookie'), null);
    assert.equal(boxOf(page, 'Avery Sample')?.isChecked, true);
    assert.match(page.text, /Carleton, Liberal/);
    assert.doesNotMatch(page.html, /avery\.sample@/);
    for (const field of ['name', 'email', 'country', 'comment', 'lookupCode'])
      assert.equal(valueIn(page.html, field), typed[field], field);
    assert.equal(valueIn(page.html, 'updates'), true);
    assert.deepEqual(focusIn(page.html), ['representatives-heading']);
    assert.ok(represent.asked.includes('GET /postcodes/K0A1K0/'));
  });

  it('finds the office that is written so and no other: an MP is no MPP', async () => {
    const mps = await find(await makeLetter(['MP']), { lookupCode: 'K0A 1K0' });
    assert.ok(boxOf(mps, 'Avery Sample') && !mps.text.includes('Blair Example'));
    const mpps = await find(await makeLetter(['MPP']), { lookupCode: 'K0A 1K0' });
    assert.ok(boxOf(mpps, 'Blair Example') && !mpps.text.includes('Avery Sample'));
    const small = await find(await makeLetter(['mp']), { lookupCode: 'K0A 1K0' });
    assert.match(
      small.text,
      /Nobody is known for this postal code who is mp\. It lies in Carleton and Osgoode\./,
    );
  });

  it('chooses where a code spans districts, by concordance and by centroid: nobody is ticked', async () => {
    const page = await find(await makeLetter(['MP', 'MPP']), { lookupCode: 'K1A0B1' });
    assert.match(page.text, /in more than one district\. Choose who represents you\./);
    const [left, right] = [boxOf(page, 'Dana Left'), boxOf(page, 'Ellis Right')];
    assert.deepEqual(
      [left?.type, left?.isChecked, right?.type, right?.isChecked],
      ['radio', false, 'radio', false],
    );
    assert.equal(boxOf(page, 'Flo Provincial')?.isChecked, true);
  });

  it('sees who has no e-mail address, and why they cannot be chosen', async () => {
    const page = await find(await makeLetter(['Councillor']), { lookupCode: 'K0A1K0' });
    assert.match(page.text, /Casey Nomail Osgoode No e-mail address is known/);
    assert.equal(boxOf(page, 'Casey Nomail'), undefined);
  });

  it('hears where they are when the seat is vacant and the answer has no list of people', async () => {
    const page = await find(await makeLetter(), { lookupCode: 'X0A 0H0', name: 'Robin' });
    assert.equal(page.status, 200);
    assert.match(page.text, /Nobody is known for this postal code who is MP\. It lies in Nunavut\./);
    offersOtherWays(page);
  });

  it('may go on without where the letter goes to others too, and that is kept', async () => {
    const letter = await makeLetter();
    await makeTarget(letter);
    const page = await find(letter, { lookupCode: 'X0A0H0' });
    assert.equal(valueIn(page.html, 'withoutRepresentatives'), false);
    const again = await find(letter, { lookupCode: 'X0A0H0', withoutRepresentatives: 'on' });
    assert.equal(valueIn(again.html, 'withoutRepresentatives'), true);
  });

  it('is answered in French', async () => {
    const page = await find(await makeLetter(['MP']), { lookupCode: 'K1A0B1', lang: 'fr' });
    assert.match(page.text, /Vos représentants/);
    assert.match(page.text, /Votre code postal touche plusieurs circonscriptions/);
  });

  it('finds the search on the page of the petition, and is asked nothing of another kind of petition', async () => {
    const letter = await makeLetter();
    const page = await (await visitor(world).get(`/petitions/${letter.slug}`)).text();
    assert.match(page, new RegExp(`formaction="/petitions/${letter.slug}/representatives"`));
    const petition = await makePetition({ representatives: letter.representatives });
    assert.doesNotMatch(await (await visitor(world).get(`/petitions/${petition.slug}`)).text(), /formaction/);
    assert.equal((await find(petition, { lookupCode: 'K0A1K0' })).status, 404);
    const closed = await makeLetter(['MP'], { closesAt: new Date(Date.now() - 60_000) });
    assert.equal((await find(closed, { lookupCode: 'K0A1K0' })).status, 303);
    const reloaded = await visitor(world).get(`/petitions/${letter.slug}/representatives`);
    assert.deepEqual([reloaded.status, reloaded.headers.get('location')], [303, `/petitions/${letter.slug}`]);
  });
});

describe('what is no postal code', () => {
  it('is told at the field, kept, and asked nobody', async () => {
    const before = represent.asked.length;
    const letter = await makeLetter();
    for (const [typed, message] of [
      ['', /Enter your postal code/],
      ['K1A', /a letter and a digit in turn, such as K1A 0B1/],
      ['D1A 0B1', /a letter and a digit in turn/],
      ['1K1 A0B', /a letter and a digit in turn/],
      ['K1A 0B1/../../boundaries', /a letter and a digit in turn/],
      ['<script>alert(1)</script>', /a letter and a digit in turn/],
      ['K'.repeat(50_000), /a letter and a digit in turn/],
    ] as const) {
      const page = await find(letter, { lookupCode: typed, name: 'Robin' });
      assert.equal(page.status, 422);
      assert.match(errorAt(page.html, 'lookupCode') ?? '', message);
      assert.equal(valueIn(page.html, 'lookupCode'), typed);
      assert.equal(valueIn(page.html, 'name'), 'Robin');
      assert.deepEqual(focusIn(page.html), ['field-lookupCode']);
    }
    assert.equal(represent.asked.length, before);
  });

  it('nobody knows: they may search by name, or go on without', async () => {
    const page = await find(await makeLetter(), { lookupCode: 'V9Z 9Z9', name: 'Robin' });
    assert.match(errorAt(page.html, 'lookupCode') ?? '', /Nobody knows this postal code/);
    offersOtherWays(page);
    assert.equal(represent.count('V9Z9Z9'), 1);
    await find(await makeLetter(), { lookupCode: 'V9Z 9Z9' });
    assert.equal(represent.count('V9Z9Z9'), 1);
  });
});

describe('a search by name', () => {
  it('finds those in the office who are known, by what their name or district begins with', async () => {
    await find(await makeLetter(['MP']), { lookupCode: 'K0A1K0' });
    const letter = await makeLetter(['MP']);
    for (const lookupName of ['avery', 'SAM av', 'Carlet']) {
      const page = await find(letter, { find: 'name', lookupName, name: 'Robin' });
      assert.equal(page.status, 200);
      assert.ok(boxOf(page, 'Avery Sample'), lookupName);
      assert.doesNotMatch(page.text, /Blair Example/);
      assert.equal(valueIn(page.html, 'lookupName'), lookupName);
      assert.equal(valueIn(page.html, 'name'), 'Robin');
    }
  });

  it('that finds nobody, or is none, says so', async () => {
    const letter = await makeLetter();
    assert.match(
      (await find(letter, { find: 'name', lookupName: 'Zzyzx' })).text,
      /Nobody by that name is known/,
    );
    for (const lookupName of ['', '.*', '$', ' ']) {
      const page = await find(letter, { find: 'name', lookupName });
      assert.match(errorAt(page.html, 'lookupName') ?? '', /Enter a name or a district/);
    }
  });
});

describe('what a signer’s form chose', () => {
  const idIn = async (letter: Petition, code: string, name: string): Promise<string> =>
    boxOf(await find(letter, { lookupCode: code }), name)?.id ?? '';

  it('is people with the addresses that the provider knows', async () => {
    const letter = await makeLetter();
    const id = await idIn(letter, 'K0A1K0', 'Avery Sample');
    const chosen = await chosenRepresentatives(platform, letter, {
      [`representative-${id}`]: id,
      name: 'Robin',
    });
    assert.deepEqual(chosen, [
      { id, name: 'Avery Sample', title: 'MP', email: address('Avery Sample'), language: 'fr' },
    ]);
  });

  it('leads nowhere else: not to other offices, other petitions, nobody’s id or an address', async () => {
    const letter = await makeLetter(['MP']);
    const mppId = await idIn(await makeLetter(['MPP']), 'K0A1K0', 'Blair Example');
    const mpId = await idIn(letter, 'K0A1K0', 'Avery Sample');
    const councillor = await Representative.findOne({ name: 'Casey Nomail' }).lean();
    const of = (petition: Petition, ...values: string[]) =>
      chosenRepresentatives(
        platform,
        petition,
        Object.fromEntries(values.map((value, n) => [`representative-${n}`, value])),
      );
    assert.ok(mppId && mpId && councillor);
    assert.deepEqual(await of(letter, mppId), []);
    assert.deepEqual(await of(await makeLetter(['Councillor']), String(councillor.key)), []);
    assert.deepEqual(
      await of(
        letter,
        'f'.repeat(24),
        'me@example.org',
        `represent:${mpId}`,
        '{"$ne":null}',
        `${mpId}\r\nBcc: x`,
        '',
      ),
      [],
    );
    assert.deepEqual(await of(await makePetition({ representatives: letter.representatives }), mpId), []);
    assert.deepEqual(await of(await makeLetter([]), mpId), []);
    const byTable = await makeLetter(['MP'], { representatives: { provider: 'table', offices: ['MP'] } });
    assert.deepEqual(await of(byTable, mpId), []);
    assert.equal((await of(letter, mpId, mpId)).length, 1);
  });

  it('must be somebody, of whom none is gone and not too many, unless they go on without', async () => {
    const letter = await makeLetter();
    const id = await idIn(letter, 'K0A1K0', 'Avery Sample');
    const read = (form: Record<string, string>) => readChoice(platform, letter, form);
    assert.deepEqual(await read({}), { outcome: 'refused', problem: 'missing' });
    assert.deepEqual(await read({ withoutRepresentatives: 'on' }), { outcome: 'read', representatives: [] });
    const gone = { 'representative-1': id, 'representative-2': 'e'.repeat(24) };
    assert.deepEqual(await read(gone), { outcome: 'refused', problem: 'gone' });
    const many = Object.fromEntries(
      Array.from({ length: 11 }, (_, n) => [`representative-${n}`, String(n).padStart(24, '0')]),
    );
    assert.deepEqual(await read(many), { outcome: 'refused', problem: 'tooMany' });
    const good = await read({ 'representative-1': id, withoutRepresentatives: 'on' });
    assert.equal(good.outcome === 'read' && good.representatives.length, 1);
  });

  it('is still ticked when something else in the form needs another look', async () => {
    const letter = await makeLetter(['MP', 'MPP']);
    const shown = await find(letter, { lookupCode: 'K1A0B1' });
    const right = boxOf(shown, 'Ellis Right');
    const ids = /name="representatives" value="([^"]+)"/.exec(shown.html)?.[1] ?? '';
    const form = { email: 'nobody', representatives: ids, 'representative-office-0': right?.id ?? '' };
    const response = await visitor(world, newPlace()).sign(letter.slug, form);
    const html = await response.text();
    const page = { status: response.status, html, text: textOf(html), headers: response.headers };
    assert.equal(page.status, 422);
    assert.equal(boxOf(page, 'Ellis Right')?.isChecked, true);
    assert.equal(boxOf(page, 'Dana Left')?.isChecked, false);
    assert.equal(boxOf(page, 'Flo Provincial')?.isChecked, false);
  });
});

describe('a provider in trouble', () => {
  it('is waited for five seconds at most', async () => {
    const { page, ms } = await slow;
    assert.ok(ms > 4_000 && ms < 9_000, `${ms} ms`);
    assert.match(errorAt(page.html, 'lookupCode') ?? '', /cannot be asked just now/);
    offersOtherWays(page);
  });

  it('that answers nonsense or not at all is told from one that knows nobody, and nothing of it is kept', async () => {
    const letter = await makeLetter();
    const answers = {
      B2A1A1: { status: 500, body: 'Internal Server Error' },
      B2A1A2: { body: '<!DOCTYPE html><title>Down for maintenance</title>' },
      B2A1A3: { body: [] },
      B2A1A4: {
        body: answerFor('K9Z9Z9', [mp('Elsewhere', { name: 'Not Theirs', email: 'x@example.org' })]),
      },
      B2A1A5: { body: '{"code":"B2A1A5"' },
      B2A1A6: { status: 302, headers: { location: `${represent.url}/postcodes/K0A1K0/` } },
      B2A1A7: { body: { ...answerFor('B2A1A7', []), padding: 'x'.repeat(2_000_000) } },
    };
    for (const [code, answer] of Object.entries(answers)) {
      represent.answer(code, answer);
      const page = await find(letter, { lookupCode: code, name: 'Robin' });
      assert.equal(page.status, 200, code);
      assert.match(errorAt(page.html, 'lookupCode') ?? '', /cannot be asked just now/, code);
      offersOtherWays(page);
      assert.equal(await RepresentLookup.exists({ _id: code }), null, code);
    }
    assert.equal(await Representative.exists({ name: 'Not Theirs' }), null);
  });

  it('whose people are strange is read as far as it makes sense', async () => {
    const strange = {
      ...answerFor('B3A1A1', []),
      representatives_concordance: null,
      representatives_centroid: [
        null,
        'somebody',
        { name: null, elected_office: 'MP' },
        { name: 'No Office' },
        { ...mp('Here', { name: 'Line\r\nBreak', email: 'line@example.org' }), extra: [], related: null },
        { ...mp('Here', { name: 'Evil Header', email: 'a@example.org\r\nBcc: b@example.org' }) },
      ],
    };
    represent.answer('B3A1A1', { body: strange });
    const page = await find(await makeLetter(), { lookupCode: 'B3A 1A1' });
    assert.ok(boxOf(page, 'Line Break'));
    assert.match(page.text, /Evil Header Here No e-mail address is known/);
    assert.doesNotMatch(page.text, /No Office/);
  });

  it('is not asked twice about one code within a day, nor by two at once', async () => {
    const letter = await makeLetter();
    represent.answer('B4A1A1', {
      body: answerFor('B4A1A1', [mp('There', { name: 'Gale Once', email: 'g@example.org' })]),
    });
    await Promise.all([1, 2, 3].map(() => find(letter, { lookupCode: 'B4A1A1' })));
    await find(letter, { lookupCode: 'b4a 1a1' });
    assert.equal(represent.count('B4A1A1'), 1);
    const kept = await RepresentLookup.findById('B4A1A1').lean();
    assert.deepEqual(Object.keys(kept ?? {}).sort(), ['_id', 'at', 'districts', 'isKnown', 'keys']);
    assert.equal((kept?.at.getTime() ?? 1) % 3_600_000, 0);
  });

  it('is asked again after a day; where it cannot be, the older answer stands and says so', async () => {
    const letter = await makeLetter();
    represent.answer('B5A1A1', {
      body: answerFor('B5A1A1', [mp('There', { name: 'Hollis Old', email: 'old@example.org' })]),
    });
    const first = await find(letter, { lookupCode: 'B5A1A1' });
    const at = new Date(Date.now() - 25 * 3_600_000);
    await RepresentLookup.updateOne({ _id: 'B5A1A1' }, { $set: { at } });
    represent.answer('B5A1A1', { status: 500 });
    const stale = await find(letter, { lookupCode: 'B5A1A1' });
    assert.equal(boxOf(stale, 'Hollis Old')?.isChecked, true);
    assert.match(stale.text, /cannot be asked just now\. This is what it said on \d+ \w+\./);
    represent.answer('B5A1A1', {
      body: answerFor('B5A1A1', [mp('There', { name: 'Hollis Old', email: 'new@example.org' })]),
    });
    const fresh = await find(letter, { lookupCode: 'B5A1A1' });
    assert.doesNotMatch(fresh.text, /This is what it said/);
    const id = boxOf(fresh, 'Hollis Old')?.id ?? '';
    assert.equal(id, boxOf(first, 'Hollis Old')?.id);
    const [chosen] = await chosenRepresentatives(platform, letter, { 'representative-1': id });
    assert.equal(chosen?.email, 'new@example.org');
    assert.equal(represent.count('B5A1A1'), 3);
  });

  it('forgets a code that nobody asked about for a month, and its people', async () => {
    const letter = await makeLetter();
    represent.answer('B6A1A1', {
      body: answerFor('B6A1A1', [mp('There', { name: 'Indy Past', email: 'i@example.org' })]),
    });
    await find(letter, { lookupCode: 'B6A1A1' });
    await deleteOldFiles(platform);
    assert.ok(await RepresentLookup.exists({ _id: 'B6A1A1' }));
    const longAgo = new Date(Date.now() - 31 * 86_400_000);
    await RepresentLookup.updateOne({ _id: 'B6A1A1' }, { $set: { at: longAgo } });
    await Representative.updateOne({ name: 'Indy Past' }, { $set: { seenAt: longAgo } });
    await deleteOldFiles(platform);
    assert.equal(await RepresentLookup.exists({ _id: 'B6A1A1' }), null);
    assert.equal(await Representative.exists({ name: 'Indy Past' }), null);
  });
});

describe('no log', () => {
  it('has a postal code, whatever goes wrong', async () => {
    const lines: unknown[] = [];
    const write = (...line: unknown[]) => void lines.push(...line);
    const log = { ...platform.log, warn: write, error: write, info: write } as unknown as typeof platform.log;
    const provider = createRepresent({ ...platform, log });
    represent.answer('B7A1A1', { status: 500, body: 'about B7A1A1' });
    represent.answer('B7A1A2', { body: 'B7A1A2 is not JSON' });
    const lost = createRepresent({
      ...platform,
      log,
      env: { ...platform.env, REPRESENT_URL: 'http://127.0.0.1:9' },
    });
    assert.deepEqual(await provider.lookUp('B7A1A1', ['MP']), { outcome: 'unavailable' });
    assert.deepEqual(await provider.lookUp('B7A1A2', ['MP']), { outcome: 'unavailable' });
    assert.deepEqual(await lost.lookUp('B7A1A3', ['MP']), { outcome: 'unavailable' });
    assert.ok(lines.length >= 3);
    assert.doesNotMatch(
      JSON.stringify(lines, (_, value) => (value instanceof Error ? String(value.stack) : value)),
      /B7A1/,
    );
  });
});

describe('everyone together', () => {
  const codes = (letter: string, n: number) =>
    Array.from({ length: n }, (_, at) => `${letter}1A${Math.floor(at / 10)}A${at % 10}`);
  const reset = () => platform.redis.del('represent:asked', 'represent:rest');

  it('asks at most 60 questions a minute, whichever process asks', async () => {
    await reset();
    const other = await openPlatform(world);
    const providers = [createRepresent(platform), createRepresent(other)];
    const before = represent.asked.length;
    const lookups = await Promise.all(
      codes('C', 70).map((code, n) => providers[n % 2]?.lookUp(code, ['MP'])),
    );
    await other.close();
    assert.equal(represent.asked.length - before, 60);
    assert.equal(lookups.filter((lookup) => lookup?.outcome === 'unavailable').length, 10);
    const page = await find(await makeLetter(), { lookupCode: 'C9A 9A9', name: 'Robin' });
    offersOtherWays(page);
    assert.ok(boxOf(await find(await makeLetter(), { lookupCode: 'K0A1K0' }), 'Avery Sample'));
  });

  it('asks nothing for a minute once it was told that it is too much', async () => {
    await reset();
    represent.answer('E1A1A1', { status: 503, body: 'Rate limit exceeded' });
    const provider = createRepresent(platform);
    assert.deepEqual(await provider.lookUp('E1A1A1', ['MP']), { outcome: 'unavailable' });
    assert.deepEqual(await provider.lookUp('E1A1A2', ['MP']), { outcome: 'unavailable' });
    assert.equal(represent.count('E1A1A2'), 0);
    assert.ok((await platform.redis.ttl('represent:rest')) > 50);
    await reset();
  });

  it('may search so often from one place; then what was typed is kept', async () => {
    const letter = await makeLetter();
    const place = newPlace();
    for (let n = 0; n < 60; n += 1) await find(letter, { find: 'name', lookupName: '' }, place);
    const page = await find(letter, { lookupCode: 'K0A1K0', name: 'Robin' }, place);
    assert.equal(page.status, 429);
    assert.ok(Number(page.headers.get('retry-after')) > 0);
    assert.match(
      errorAt(page.html, 'lookupCode') ?? '',
      /Too many searches\. You can search again in \d+ minutes/,
    );
    assert.equal(valueIn(page.html, 'name'), 'Robin');
    assert.equal(valueIn(page.html, 'lookupCode'), 'K0A1K0');
  });
});

describe('a store that is away', () => {
  it('Redis: whoever is known is found, nobody else is asked about', async () => {
    const letter = await makeLetter();
    await world.redis.stop('SIGKILL');
    try {
      assert.ok(boxOf(await find(letter, { lookupCode: 'K0A1K0' }), 'Avery Sample'));
      const page = await find(letter, { lookupCode: 'G1A 1A1', name: 'Robin' });
      assert.match(errorAt(page.html, 'lookupCode') ?? '', /cannot be asked just now/);
      offersOtherWays(page);
      assert.equal(represent.count('G1A1A1'), 0);
    } finally {
      await world.restartRedis();
    }
  });

  it('the database: the page says so, and keeps what was typed and chosen', async () => {
    const letter = await makeLetter();
    await visitor(world).get(`/petitions/${letter.slug}`);
    await find(letter, { lookupCode: 'K0A1K0' });
    await world.database.stop('SIGKILL');
    try {
      const id = 'a'.repeat(24);
      const page = await find(letter, {
        lookupCode: 'K0A1K0',
        name: 'Robin',
        representatives: id,
        'representative-1': id,
      });
      assert.equal(page.status, 503);
      assert.match(errorAt(page.html, 'lookupCode') ?? '', /cannot be asked just now/);
      assert.equal(valueIn(page.html, 'name'), 'Robin');
      assert.match(page.html, new RegExp(`name="representative-1" value="${id}"`));
    } finally {
      await world.restartDatabase();
    }
  });
});

it('the two lists of an answer are one: nobody is there twice', async () => {
  const twice = mpp('Two Lists', { name: 'Jules Twice', email: 'j@example.org' });
  represent.answer('H1A1A1', {
    body: { ...answerFor('H1A1A1', [twice]), representatives_concordance: [twice] },
  });
  const page = await find(await makeLetter(['MPP']), { lookupCode: 'H1A1A1' });
  assert.equal(page.text.split('Jules Twice').length - 1, 1);
});
