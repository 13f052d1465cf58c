import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Petition } from '../../../server/petitions/petition.ts';
import type { Filter } from '../../../server/signatures/organize/filter.ts';
import { findPage, listSignatures, type Page, pageForm } from '../../../server/signatures/organize/list.ts';
import { Signature } from '../../../server/signatures/signature.ts';
import { createVault } from '../../../server/signers/vault.ts';
import { makeForm, makePetition } from '../../support/factories.ts';
import { signInAs } from '../../support/organizer.ts';
import { textOf, unescapeHtml } from '../../support/page.ts';
import { makeSignatures } from '../../support/signatures.ts';
import { signAndConfirm } from '../../support/signer.ts';
import { visitor } from '../../support/visitor.ts';
import { eventually, startWorld, type World } from '../../support/world.ts';

let world: World;
let moderator: Awaited<ReturnType<typeof signInAs>>;
before(async () => {
  world = await startWorld();
  moderator = await signInAs(world, 'moderator');
});
after(() => world?.close());

const base = (petition: Petition) => `/organize/petitions/${petition._id}/signatures`;
const namesIn = (html: string) =>
  [...html.matchAll(/class="signature-name"[^>]*>([^<]*)</g)].map(([, name]) => unescapeHtml(name ?? ''));
const linkTo = (html: string, rel: string) =>
  unescapeHtml(new RegExp(`href="([^"]*)" rel="${rel}"`).exec(html)?.[1] ?? '');
const open = async (path: string) => {
  const response = await moderator.get(path);
  assert.equal(response.status, 200, path);
  return response.text();
};

/** Sends the search form; follows it to the list. */
async function search(petition: Petition, form: Record<string, string>) {
  const response = await moderator.post(`${base(petition)}/search`, form);
  assert.equal(response.status, 303, await response.text());
  const path = response.headers.get('location') ?? '';
  return { path, names: namesIn(await open(path)) };
}

describe('the list of signatures', () => {
  it('takes a moderator', async () => {
    const petition = await makePetition();
    const viewer = await signInAs(world, 'viewer');
    assert.equal((await viewer.get(base(petition))).status, 403);
    assert.match(textOf(await open(base(petition))), /Nobody has signed yet/);
  });

  it('has pages that neither repeat nor skip anybody while others sign, there and back', async () => {
    const petition = await makePetition();
    const names = Array.from({ length: 120 }, (_, index) => `Person ${index} Example`);
    await makeSignatures(
      world,
      petition,
      names.map((name) => ({ name })),
    );
    const first = await open(base(petition));
    await makeSignatures(world, petition, [{ name: 'Newcomer Example' }]);
    const second = await open(linkTo(first, 'next'));
    const third = await open(linkTo(second, 'next'));
    assert.deepEqual([...namesIn(first), ...namesIn(second), ...namesIn(third)], names.toReversed());
    assert.equal(linkTo(third, 'next'), '');
    assert.deepEqual(namesIn(await open(linkTo(third, 'prev'))), namesIn(second));
    assert.deepEqual(namesIn(await open(linkTo(second, 'prev'))), namesIn(first));
    assert.match(textOf(second), /121 signatures/);
  });

  it('is filtered by state, time, place, source and mail domain', async () => {
    const petition = await makePetition({ timeZone: 'America/Toronto' });
    await makeSignatures(world, petition, [
      { name: 'A Example', state: 'pending' },
      { name: 'B Example', country: 'GB', region: 'SCT' },
      { name: 'C Example', source: 'stall' },
      { name: 'D Example', email: `d-${process.pid}@mail.example.net` },
      // Still the 4th of May in Toronto.
      { name: 'E Example', createdAt: new Date('2026-05-05T03:59:00Z') },
      { name: 'F Example', createdAt: new Date('2026-05-05T04:00:00Z') },
    ]);
    const shown = async (form: Record<string, string>) => (await search(petition, form)).names;
    assert.deepEqual(await shown({ state: 'pending' }), ['A Example']);
    assert.deepEqual(await shown({ region: 'GB' }), ['B Example']);
    assert.deepEqual(await shown({ region: 'GB-SCT' }), ['B Example']);
    assert.deepEqual(await shown({ source: 'stall' }), ['C Example']);
    assert.deepEqual(await shown({ at: 'Mail.Example.net' }), ['D Example']);
    assert.deepEqual(await shown({ at: 'd@mail.example.net' }), ['D Example']);
    assert.deepEqual(await shown({ from: '2026-05-04', to: '2026-05-04' }), ['E Example']);
    assert.deepEqual(await shown({ to: '2026-05-05' }), ['F Example', 'E Example']);
    assert.deepEqual(await shown({ state: 'held' }), []);
  });

  it('finds somebody by the whole address or name, and names nobody in the address of the page', async () => {
    const petition = await makePetition();
    const form = makeForm({ name: 'Zoë  Example', email: `zoe.${process.pid}@gmail.com` });
    await signAndConfirm(world, petition.slug, form);
    await makeSignatures(world, petition, [{ name: 'Somebody Else' }]);
    const spellings = [' zoë example ', 'ZOE EXAMPLE', 'zoe\u0308 example'];
    for (const who of [`ZOE${process.pid}+list@googlemail.com`, ...spellings]) {
      const { names, path } = await search(petition, { who });
      assert.deepEqual(
        names.map((name) => name.replaceAll(/\s+/g, ' ')),
        ['Zoë Example'],
        who,
      );
      assert.match(path, /\/signatures\?person=(email|name)\.[\w-]{43}$/, 'a keyed hash and nothing else');
    }
    assert.deepEqual((await search(petition, { who: 'Zoë' })).names, []);
    const { names } = await search(petition, { at: 'googlemail.com' });
    assert.equal(names.length, 1, 'the other name of a provider');
  });

  it('keeps what was looked for when another filter is chosen', async () => {
    const petition = await makePetition();
    await makeSignatures(world, petition, [
      { name: 'A Example', email: `a-${process.pid}@keep.example`, source: 'stall' },
      { name: 'B Example', email: `b-${process.pid}@keep.example` },
      { name: 'C Example', source: 'stall' },
    ]);
    const { path } = await search(petition, { at: 'keep.example' });
    const html = await open(path);
    const keepDomain = /name="keepDomain" value="([^"]+)"/.exec(html)?.[1] ?? '';
    assert.deepEqual((await search(petition, { keepDomain, source: 'stall' })).names, ['A Example']);
  });

  it('reads each page and each filter from an index, however many signatures there are', async () => {
    const petition = await makePetition();
    const days = (n: number) => new Date(Date.now() - n * 86_400_000);
    const people = Array.from({ length: 600 }, (_, n) => ({
      ...{ name: `Person ${n}`, email: `p${n}-${process.pid}@${n % 60 ? 'many' : 'few'}.example` },
      ...{ source: n % 60 ? 'site' : 'stall', country: n % 60 ? 'CA' : 'GB', createdAt: days(n % 60) },
      ...{ region: n % 60 ? 'ON' : 'SCT', state: n % 60 ? 'confirmed' : 'held' },
    }));
    await makeSignatures(world, petition, people);
    const vault = createVault(world.env.ENCRYPTION_KEYS, world.env.LOOKUP_KEY);
    const day = days(0).toISOString().slice(0, 10);
    const first = await listSignatures(petition, {}, {});
    const filters: [Filter, Page?][] = [
      [{}],
      [{}, pageForm.parse({ older: first.older })],
      [{}, pageForm.parse({ newer: first.older })],
      [{ state: 'held' }],
      [{ source: 'stall' }],
      [{ region: 'GB' }],
      [{ region: 'GB-SCT' }],
      [{ from: day, to: day }],
      [{ domain: vault.domainKey('few.example') }],
      [{ person: `name.${vault.nameKey('Person 7')}` }],
      [{ person: `email.${vault.emailKey(`p7-${process.pid}@many.example`)}` }],
    ];
    for (const [filter, page = {}] of filters) {
      const plan = (await findPage(petition, filter, page).explain('executionStats')) as unknown;
      const { executionStats } = plan as { executionStats: { totalDocsExamined: number; nReturned: number } };
      const { totalDocsExamined, nReturned } = executionStats;
      assert.ok(nReturned > 0, JSON.stringify(filter));
      assert.ok(totalDocsExamined <= 51, `${JSON.stringify(filter)} looked at ${totalDocsExamined}`);
    }
  });

  it('goes by the moment of signing where days are chosen, there and back', async () => {
    const petition = await makePetition({ timeZone: 'UTC' });
    const at = (n: number) => new Date(Date.UTC(2026, 4, 1, 0, n % 7));
    const people = Array.from({ length: 120 }, (_, n) => ({ name: `Person ${n}`, createdAt: at(n) }));
    await makeSignatures(world, petition, people);
    const sorted = people
      .map((person, n) => ({ ...person, n }))
      .sort((a, b) => b.createdAt.getTime() - a.createdAt.getTime() || b.n - a.n);
    const first = await open(`${base(petition)}?from=2026-05-01&to=2026-05-01`);
    const second = await open(linkTo(first, 'next'));
    const third = await open(linkTo(second, 'next'));
    assert.deepEqual(
      [first, second, third].flatMap(namesIn),
      sorted.map(({ name }) => name),
    );
    assert.deepEqual(namesIn(await open(linkTo(third, 'prev'))), namesIn(second));
  });

  it('says what is wrong with what cannot be looked for, and never shows everybody instead', async () => {
    const petition = await makePetition();
    await makeSignatures(world, petition, [{ name: 'Somebody Else' }]);
    const half = await moderator.post(`${base(petition)}/search`, { who: 'zoe@' });
    assert.equal(half.status, 422);
    assert.match(textOf(await half.text()), /This does not look like a whole e-mail address/);
    const domain = await moderator.post(`${base(petition)}/search`, { at: 'not a domain' });
    assert.equal(domain.status, 422);
    assert.equal((await moderator.get(`${base(petition)}?state=eaten`)).status, 400);
    assert.equal((await moderator.get(`${base(petition)}?older=1`)).status, 400);
    assert.equal((await moderator.get(`${base(petition)}/000000000000000000000000`)).status, 404);
  });
});

describe('the page of one signature', () => {
  it('shows what is held and what happened, but not the IP address', async () => {
    const petition = await makePetition();
    const form = makeForm({
      name: 'Ines Example',
      postalCode: 'K1A 0B1',
      comment: 'For the ducks',
      ref: 'stall',
    });
    const { manage } = await signAndConfirm(world, petition.slug, form);
    await visitor(world).post(`${manage}/withdrawal`);
    const found = await eventually(() =>
      Signature.findOne({ petition: petition._id, state: 'withdrawn' }).lean(),
    );
    const text = textOf(await open(`${base(petition)}/${found._id}`));
    for (const held of ['Ines Example', form.email ?? '', 'K1A 0B1', 'For the ducks', 'stall'])
      assert.ok(text.includes(held), held);
    assert.match(text, /Confirmed → Withdrawn .*by the signer.*Not confirmed → Confirmed .*by the signer/);
    assert.doesNotMatch(text, /127\.0\.0\.1/);
  });

  it('of somebody who was forgotten shows nobody, and no search finds them', async () => {
    const petition = await makePetition();
    const form = makeForm({ name: 'Gone Example' });
    const { manage } = await signAndConfirm(world, petition.slug, form);
    await visitor(world).post(`${manage}/erasure`);
    const found = await Signature.findOne({ petition: petition._id }).lean<Signature>();
    assert.equal(found?.nameKey, undefined);
    assert.equal(found?.domainKey, undefined);
    assert.deepEqual(found?.history, []);
    const text = textOf(await open(`${base(petition)}/${found?._id}`));
    assert.match(text, /Anonymised/);
    assert.doesNotMatch(text, /Gone Example|@example\.org/);
    assert.deepEqual((await search(petition, { who: 'Gone Example' })).names, []);
    assert.deepEqual((await search(petition, { who: form.email ?? '' })).names, []);
  });
});
