import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { after, afterEach, before, describe, it } from 'node:test';
import nock from 'nock';
import { officialWork } from '../../config/limits.ts';
import { listCounts } from '../../server/linked/counts.ts';
import { Official } from '../../server/linked/official.ts';
import { readOfficialCount } from '../../server/linked/reading.ts';
import { Petition } from '../../server/petitions/petition.ts';
import { readDueCount } from '../../workers/official-count.ts';
import { sweep } from '../../workers/sweep.ts';
import { type SignedInVisitor, signInAs } from '../support/organizer.ts';
import { textOf } from '../support/page.ts';
import { type OpenPlatform, openPlatform } from '../support/platform.ts';
import { visitor } from '../support/visitor.ts';
import { startWorld, type World } from '../support/world.ts';
import {
  commons,
  dayFrom,
  makeLinked,
  officialForm,
  officialPath,
  parliament,
  ukAnswer,
  ukSite,
} from './support.ts';

let world: World;
let platform: OpenPlatform;
let editor: SignedInVisitor;
before(async () => {
  world = await startWorld({ workers: false });
  platform = await openPlatform(world);
  editor = await signInAs(world, 'editor', { name: 'Ada' });
});
afterEach(() => nock.cleanAll());
after(async () => {
  nock.restore();
  await platform?.close();
  await world?.close();
});

const form = { 'url-en': parliament, thresholds: '10,000; 100,000', closesOn: '', opensOn: '', reads: 'on' };
const makeRead = (differences = {}) => makeLinked(editor, form, differences);
const read = ({ _id }: Petition, now?: Date) => readDueCount(platform, _id.toHexString(), now);
const later = (seconds: number) => new Date(Date.now() + seconds * 1000);
const stored = async ({ _id }: Petition) => Official.findById(_id).orFail().lean<Official>();
const page = async ({ slug }: Petition) =>
  textOf(await (await visitor(world).get(`/petitions/${slug}`)).text());
const desk = async (petition: Petition) => textOf(await (await editor.get(officialPath(petition))).text());

describe('the count of a site that publishes JSON', () => {
  it('is read with the day it is of, what the site says of itself, and its closing date', async () => {
    const petition = await makeRead({ goal: { kind: 'auto' } });
    const site = ukSite(ukAnswer({ signature_count: 9_400, closed_at: `${dayFrom(30)}T12:00:00.000Z` }));
    await read(petition);
    assert.ok(site.wasAsked());
    const [entry] = await listCounts(petition);
    assert.deepEqual([entry?.count, entry?.day, entry?.organizer], [9_400, dayFrom(0), undefined]);
    assert.match(await page(petition), /9,400 signatures on .* Goal: 10,000 600 to go before/);
    assert.match(await page(petition), /Number 700012/);
    assert.match(await desk(petition), /read from the site .*the site says “open”\. Read again/);
  });

  it('is asked for at most every 15 minutes, however many ask; a day has one entry with its latest number', async () => {
    const petition = await makeRead();
    const site = nock('https://petition.parliament.uk')
      .get('/petitions/700012.json')
      .times(9)
      .reply(200, ukAnswer());
    let asked = 0;
    site.on('request', () => {
      asked += 1;
    });
    await Promise.all(Array.from({ length: 5 }, () => read(petition)));
    assert.equal(asked, 1);
    const again = await editor.post(officialPath(petition, '/reading'));
    assert.match(again.headers.get('location') ?? '', /done=waits/);
    await read(petition, later(officialWork.every - 60));
    assert.equal(asked, 1);
    await read(petition, later(officialWork.every + 1));
    assert.equal(asked, 2);
    assert.equal((await listCounts(petition)).length, 1);
    // Another address is no way around it.
    await editor.post(officialPath(petition), { ...officialForm, ...form, revision: '1', 'url-en': commons });
    await editor.post(officialPath(petition), { ...officialForm, ...form, revision: '2' });
    await read(petition);
    assert.equal(asked, 2);
  });

  it('is found by the sweep, and no longer once it is withdrawn or entered by hand', async () => {
    const enqueued: string[] = [];
    const noting = {
      ...platform,
      queues: {
        ...platform.queues,
        enqueue: (name: string, payload: object) => {
          if (name === 'officialCount') enqueued.push((payload as { petitionId: string }).petitionId);
        },
      },
    };
    const [due, byHand, withdrawn] = [await makeRead(), await makeLinked(editor), await makeRead()];
    await Petition.updateOne(
      { _id: withdrawn._id },
      { $push: { history: { outcome: 'withdrawn', at: new Date() } } },
    );
    await read(withdrawn);
    await sweep(noting as typeof platform);
    assert.ok(enqueued.includes(String(due._id)));
    assert.ok(!enqueued.includes(String(byHand._id)) && !enqueued.includes(String(withdrawn._id)));
  });

  it('is asked for once a day when it is over there', async () => {
    const petition = await makeRead();
    ukSite(ukAnswer({ state: 'closed', closed_at: `${dayFrom(-1)}T12:00:00.000Z` }));
    await read(petition);
    const { nextReadAt } = await stored(petition);
    assert.ok(Number(nextReadAt) > Date.now() + 23 * 3_600_000);
    assert.match(await page(petition), /Signing there has ended/);
  });
});

describe('where it cannot be read', () => {
  const answers: [string, () => unknown, RegExp][] = [
    ['the site is down', () => ukSite(new Error('connect ECONNREFUSED')), /could not be reached/],
    ['the site is busy', () => ukSite('busy', { status: 503 }), /refused to answer/],
    ['it is not there', () => ukSite('', { status: 404 }), /knows no petition/],
    [
      'it moved',
      () => ukSite('', { status: 302, headers: { location: 'http://127.0.0.1:1/' } }),
      /do not follow/,
    ],
    ['it is no JSON', () => ukSite('<html>'), /not what the site usually says/],
    ['its number is no number', () => ukSite(ukAnswer({ signature_count: '12' })), /not what the site/],
    ['its number is negative', () => ukSite(ukAnswer({ signature_count: -1 })), /not what the site/],
    ['it is endless', () => ukSite('x'.repeat(officialWork.bytes + 1)), /too large/],
  ];
  it('the last count stays with its day, and organizers are told why', async () => {
    const petition = await makeRead();
    ukSite();
    await Official.updateOne({ _id: petition._id }, { $set: { nextReadAt: new Date(0) } });
    await read(petition, later(-3 * 86_400));
    const before = await page(petition);
    assert.match(before, /1,800 signatures on/);
    for (const [index, [what, answer, why]] of answers.entries()) {
      answer();
      await read(petition, later(index * (officialWork.every + 1)));
      assert.match(await desk(petition), why, what);
      nock.cleanAll();
    }
    assert.equal((await stored(petition)).failure?.times, answers.length);
    assert.equal((await listCounts(petition)).length, 1);
    assert.match(await page(petition), /1,800 signatures on/);
    ukSite();
    await read(petition, later(20 * officialWork.every));
    assert.equal((await stored(petition)).failure, undefined);
  });

  it('nobody waits for an answer that does not end', async ({ mock }) => {
    const limit = AbortSignal.timeout;
    const asked: number[] = [];
    mock.method(AbortSignal, 'timeout', (milliseconds: number) => {
      asked.push(milliseconds);
      return limit.call(AbortSignal, 100);
    });
    nock('https://petition.parliament.uk')
      .get('/petitions/700012.json')
      .reply(200, () => new Readable({ read() {} }));
    assert.deepEqual(await readOfficialCount(parliament), { outcome: 'failed', reason: 'late' });
    assert.deepEqual(asked, [5_000]);
  });
});

describe('what organizers type', () => {
  it('never leads our requests anywhere but to the sites of the list', async () => {
    const asked: string[] = [];
    nock.emitter.on('no match', (request) => asked.push(String(request)));
    for (const url of [
      'https://petition.parliament.uk.example.org/petitions/1',
      'https://petition.parliament.uk@example.org/petitions/1',
      'https://example.org/#https://petition.parliament.uk/petitions/1',
      'https://127.0.0.1/petitions/1.json',
      'http://petition.parliament.uk/',
      'https://petition.parliament.uk/petitions/../admin',
      'https://petition.parliament.uk/petitions/1%2f..%2fadmin',
      commons,
    ])
      assert.deepEqual(await readOfficialCount(url), { outcome: 'failed', reason: 'notFound' }, url);
    assert.deepEqual(asked, []);
  });
});
