import assert from 'node:assert/strict';
import { after, before, describe, it, type TestContext } from 'node:test';
import { dashboardWork } from '../../config/limits.ts';
import { Organizer } from '../../server/organizers/organizer.ts';
import type { Petition } from '../../server/petitions/petition.ts';
import { endSessions } from '../../server/sessions/session.ts';
import { publishCount } from '../../server/tallies/live.ts';
import { makeForm, makePetition, makeSignature } from '../support/factories.ts';
import { setLimits } from '../support/limits.ts';
import { type SignedInVisitor, signInAs } from '../support/organizer.ts';
import { type OpenPlatform, openPlatform } from '../support/platform.ts';
import { signAndOpenMail } from '../support/signer.ts';
import { visitor } from '../support/visitor.ts';
import { eventually, startWorld, type World } from '../support/world.ts';

let world: World;
let platform: OpenPlatform;
before(async () => {
  setLimits(dashboardWork, { tellEvery: 500, lookEvery: 1_000, sessionEvery: 500 });
  world = await startWorld();
  platform = await openPlatform(world);
});
after(async () => {
  await platform.close();
  await world.close();
});

type Live = { texts: Record<string, string>; rows: Record<string, { cells: string[] }[]> };
type Event = { name: string; data: { asOf?: string; live?: Live }; at: number };

/** An open dashboard: collects what the stream says. */
async function watch(
  { request }: Pick<SignedInVisitor, 'request'>,
  petition: Petition | { overview: Petition[] },
  t: TestContext,
) {
  const leaving = new AbortController();
  const path =
    'overview' in petition
      ? `/organize/overview/events?${petition.overview.map(({ _id }) => `petition=${_id}`).join('&')}`
      : `/organize/petitions/${petition._id}/events`;
  const response = await request(path, { signal: leaving.signal });
  const events: Event[] = [];
  const page = { isOver: false };
  const reading = (async () => {
    let text = '';
    for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
      text += chunk;
      for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
        const [, name, data] = /^event: (\w+)\ndata: (.*)$/.exec(text.slice(0, end)) ?? [];
        if (name && data) events.push({ name, data: JSON.parse(data), at: Date.now() });
        text = text.slice(end + 2);
      }
    }
    page.isOver = true;
  })().catch(() => undefined);
  const leave = async () => {
    leaving.abort();
    await reading;
  };
  t.after(leave);
  const snapshots = () => events.filter(({ name }) => name === 'snapshot');
  return { response, events, page, leave, snapshots, last: () => snapshots().at(-1)?.data.live };
}

const watchers = async (): Promise<number> => {
  const text = await (await visitor(world).get('/metrics')).text();
  return Number(/^undersigned_live_viewers (\d+)$/m.exec(text)?.[1]);
};

describe('an open dashboard', () => {
  it('is told its numbers at once, as an event stream of its own', async (t) => {
    const petition = await makePetition();
    const page = await watch(await signInAs(world, 'viewer'), petition, t);
    assert.equal(page.response.status, 200);
    assert.match(page.response.headers.get('content-type') ?? '', /^text\/event-stream/);
    assert.equal(page.response.headers.get('cache-control'), 'no-store');
    assert.equal(page.response.headers.get('access-control-allow-origin'), null, 'not for other sites');
    await eventually(() => page.last()?.texts.confirmed === '0', 'the first snapshot', 2_000);
  });

  it('sees a confirmation: the number, the chart, the place, the mail', async (t) => {
    const petition = await makePetition();
    const page = await watch(await signInAs(world, 'viewer'), petition, t);
    const form = makeForm({ region: 'Ontario', ref: 'stall' });
    const { confirm } = await signAndOpenMail(world, petition.slug, form);
    await eventually(() => page.last()?.texts.pending === '1', 'somebody who has not confirmed', 30_000);
    const pressed = Date.now();
    await visitor(world).post(confirm);
    await eventually(() => page.last()?.texts.confirmed === '1', 'the confirmation');
    // What is ours of the two seconds is in feed.test.ts, on a clock of its own: here the machine has a part in it.
    t.diagnostic(`${Date.now() - pressed} ms from the button to the dashboard`);
    assert.ok(
      page.events.some(({ name }) => name === 'count'),
      'the public count comes by the same stream',
    );
    const live = page.last();
    assert.equal(live?.texts.pending, '0');
    assert.equal(live?.texts.today, '1');
    assert.equal(live?.rows.hours?.[0]?.cells[1], '1');
    assert.deepEqual(live?.rows.regions?.[0]?.cells, ['Ontario, Canada', '1', '100%']);
    assert.deepEqual(live?.rows.sources?.[0]?.cells, ['stall', '1', '100%']);
    assert.equal(live?.rows.mail?.[0]?.cells[1], '1');
  });

  it('is told no more often than it should be, however fast the count moves', async (t) => {
    const petition = await makePetition();
    const page = await watch(await signInAs(world, 'viewer'), petition, t);
    await eventually(() => page.last(), 'the first snapshot');
    const count = { count: 1, goal: 100, phase: 'open', updatedAt: '' };
    for (let time = 0; time < 30; time += 1) {
      await makeSignature(petition, { state: 'pending', recount: undefined });
      await publishCount(platform.redis, petition._id.toHexString(), count);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    await eventually(() => page.last()?.texts.pending === '30', 'the last of them');
    const times = page.snapshots().map(({ at }) => at);
    assert.ok(times.length >= 3, 'it was told while they came');
    const gaps = times.slice(1).map((at, n) => at - (times[n] ?? 0));
    assert.ok(Math.min(...gaps) > dashboardWork.tellEvery - 200, `the gaps were ${gaps}`);
  });

  it('that nothing happens on is told the time alone', async (t) => {
    const petition = await makePetition();
    const page = await watch(await signInAs(world, 'viewer'), petition, t);
    const same = await eventually(() => page.events.find(({ name }) => name === 'same'), 'another look');
    assert.match(same.data.asOf ?? '', /\d\d:\d\d:\d\d/);
    assert.equal(page.snapshots().length, 1);
  });

  it('of another petition hears nothing of it', async (t) => {
    const [petition, other] = [await makePetition(), await makePetition()];
    const organizer = await signInAs(world, 'viewer');
    const [page, elsewhere] = [await watch(organizer, petition, t), await watch(organizer, other, t)];
    await eventually(() => page.last() && elsewhere.last(), 'both are told');
    await makeSignature(petition);
    platform.queues.enqueue('tally', { petitionId: petition._id.toHexString() });
    await eventually(() => page.last()?.texts.confirmed === '1', 'the count');
    assert.equal(elsewhere.last()?.texts.confirmed, '0');
    assert.ok(!elsewhere.events.some(({ name }) => name === 'count'));
  });
});

describe('an open overview', () => {
  it('moves with each of its petitions: the sums, the rows, the people counted once', async (t) => {
    const petitions = [await makePetition(), await makePetition()] as const;
    const [one, other] = petitions;
    const page = await watch(await signInAs(world, 'viewer'), { overview: [one, other] }, t);
    assert.equal(page.response.headers.get('cache-control'), 'no-store');
    const text = (name: string) => page.last()?.texts[name];
    await eventually(() => text('people') === '0', 'the first snapshot');
    for (const [petition, total, people] of [
      [one, '1', '1'],
      [other, '2', '1'],
    ] as const) {
      await makeSignature(petition, { emailKey: 'ann' });
      platform.queues.enqueue('tally', { petitionId: String(petition._id) });
      await eventually(() => text('total') === total && text('people') === people, 'the count');
      assert.equal(text(`total-${petition._id}`), '1');
      assert.equal(text(`today-${petition._id}`), '1');
    }
    assert.match(text('peopleNote') ?? '', /^Behind 2 confirmed signatures\. 1 more than people/);
    assert.ok(!page.events.some(({ name }) => name === 'count'), 'nobody could tell whose it is');
  });

  it('ends with its session, and is not for those without one', async (t) => {
    const organizer = await signInAs(world, 'viewer');
    const page = await watch(organizer, { overview: [] }, t);
    await eventually(() => page.last(), 'the first snapshot');
    await endSessions(platform.redis, organizer.organizer._id);
    await eventually(() => page.page.isOver, 'the end', dashboardWork.sessionEvery + 3_000);
    assert.equal(page.events.at(-1)?.name, 'ended');
    assert.equal((await visitor(world).get('/organize/overview/events')).status, 303);
  });
});

describe('a stream ends', () => {
  const patience = dashboardWork.sessionEvery + 3_000;

  it('with its session, and says so', async (t) => {
    const petition = await makePetition();
    const organizer = await signInAs(world, 'owner');
    const page = await watch(organizer, petition, t);
    await eventually(() => page.last(), 'the first snapshot');
    await endSessions(platform.redis, organizer.organizer._id);
    await eventually(() => page.page.isOver, 'the end', patience);
    assert.equal(page.events.at(-1)?.name, 'ended');
    const again = await organizer.get(`/organize/petitions/${petition._id.toHexString()}/events`);
    assert.equal(again.status, 303, 'and does not begin again');
  });

  it('with the account, though the session is open', async (t) => {
    const petition = await makePetition();
    const organizer = await signInAs(world, 'viewer');
    const page = await watch(organizer, petition, t);
    await Organizer.updateOne({ _id: organizer.organizer._id }, { $set: { endedAt: new Date() } });
    await eventually(() => page.page.isOver, 'the end', patience);
    assert.equal(page.events.at(-1)?.name, 'ended');
  });

  it('not with the session of somebody else', async (t) => {
    const petition = await makePetition();
    const [stays, goes] = [await signInAs(world, 'viewer'), await signInAs(world, 'viewer')];
    const [page, gone] = [await watch(stays, petition, t), await watch(goes, petition, t)];
    await endSessions(platform.redis, goes.organizer._id);
    await eventually(() => gone.page.isOver, 'the end of the other', patience);
    await makeSignature(petition);
    platform.queues.enqueue('tally', { petitionId: petition._id.toHexString() });
    await eventually(() => page.last()?.texts.confirmed === '1', 'this one goes on');
  });

  it('and nothing is left of it when the page is closed', async (t) => {
    const before = await eventually(
      async () => ((await watchers()) === 0 ? 'none' : false),
      'nobody watches',
    );
    assert.equal(before, 'none');
    const petition = await makePetition();
    const organizer = await signInAs(world, 'viewer');
    const pages = [await watch(organizer, petition, t), await watch(organizer, petition, t)];
    await eventually(async () => (await watchers()) === 1, 'one reading for both');
    for (const page of pages) await page.leave();
    await eventually(async () => (await watchers()) === 0, 'none');
  });
});
