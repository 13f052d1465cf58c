import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Types } from 'mongoose';
import { dashboardWork } from '../../config/limits.ts';
import { Mailing } from '../../server/mailings/mailing.ts';
import type { Petition } from '../../server/petitions/petition.ts';
import { Signature } from '../../server/signatures/signature.ts';
import { Tally } from '../../server/tallies/tally.ts';
import { makePetition } from '../support/factories.ts';
import { type SignedInVisitor, signInAs } from '../support/organizer.ts';
import { startWorld, type World } from '../support/world.ts';
import { textAt } from './page.ts';

let world: World;
let viewer: SignedInVisitor;
before(async () => {
  world = await startWorld({ workers: false });
  viewer = await signInAs(world, 'viewer');
});
after(() => world.close());

const hour = 3_600_000;

/** A petition of the last twenty days with so many signatures, counted already, each of which was mailed. */
async function petitionOf(number: number): Promise<Petition> {
  const now = Date.now();
  const petition = await makePetition({ publishedAt: new Date(now - 20 * 24 * hour) });
  const made = Array.from({ length: number }, (_, n) => {
    const at = new Date(now - ((n + 0.5) / number) * 20 * 24 * hour);
    const state = n % 10 === 0 ? 'pending' : n % 10 === 1 ? 'withdrawn' : 'confirmed';
    const _id = new Types.ObjectId();
    const mail = { kind: 'confirm', n: 1, requestedAt: at };
    const signer = { _id, petition: petition._id, emailKey: `nobody:${_id}`, language: 'en', country: 'CA' };
    return { ...signer, state, createdAt: at, ...(state !== 'pending' && { confirmedAt: at }), mail };
  });
  for (let n = 0; n < number; n += 5_000) {
    const some = made.slice(n, n + 5_000);
    await Signature.collection.insertMany(some);
    const mails = some.map(({ _id, createdAt: at }, m) => ({
      ...{ _id: `confirm:${_id}:1` as never, petition: petition._id, kind: 'confirm', attempts: 1, at },
      ...(m % 20 === 0 ? { state: 'failed' as const, reason: '550' } : { state: 'sent' as const }),
    }));
    await Mailing.collection.insertMany(mails);
  }
  const confirmed = made.filter(({ state }) => state === 'confirmed').length;
  await Tally.create({
    ...{ _id: petition._id, version: now, confirmed, updatedAt: new Date(), batch: null },
    ...{ days: { [new Date(now).toISOString().slice(0, 10)]: confirmed }, regions: { CA: confirmed } },
  });
  return petition;
}

async function timeOf({ _id }: Petition): Promise<number> {
  const began = performance.now();
  const response = await viewer.get(`/organize/petitions/${_id.toHexString()}`);
  await response.text();
  assert.equal(response.status, 200);
  return performance.now() - began;
}

const median = (numbers: number[]) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0;

describe('what a dashboard costs', () => {
  it('hardly grows with the signatures', async (t) => {
    const [few, some, many] = [await petitionOf(20), await petitionOf(2_000), await petitionOf(20_000)];
    const page = await (await viewer.get(`/organize/petitions/${many._id.toHexString()}`)).text();
    assert.equal(textAt(page, 'confirmed'), '16,000');
    assert.equal(textAt(page, 'pending'), '2,000');
    assert.equal(textAt(page, 'withdrawn'), '2,000');
    assert.equal(textAt(page, 'rateNote'), '900 of the latest 1,000 asked');

    const times = { few: [] as number[], some: [] as number[], many: [] as number[] };
    for (let run = 0; run < 12; run += 1) {
      times.few.push(await timeOf(few));
      times.some.push(await timeOf(some));
      times.many.push(await timeOf(many));
    }
    const [short, middle, long] = [median(times.few), median(times.some), median(times.many)];
    t.diagnostic(`20: ${short.toFixed(1)} ms, 2,000: ${middle.toFixed(1)} ms, 20,000: ${long.toFixed(1)} ms`);
    assert.ok(long < 4 * short, `20,000 took ${long.toFixed()} ms, 20 took ${short.toFixed()} ms`);
    assert.ok(long < 2 * middle, `20,000 took ${long.toFixed()} ms, 2,000 took ${middle.toFixed()} ms`);
  });

  it('is that of one index for each number, and of no document but the latest who were asked', async () => {
    const petition = await petitionOf(200);
    const where = { petition: petition._id };
    const asked = { 'mail.kind': { $exists: true }, createdAt: { $lte: new Date(Date.now() - 24 * hour) } };
    const explained = (await Signature.find({ ...where, ...asked })
      .sort({ createdAt: -1 })
      .limit(dashboardWork.asked)
      .explain('queryPlanner')) as unknown as { queryPlanner: { winningPlan: object } };
    const plan = JSON.stringify(explained.queryPlanner.winningPlan);
    assert.match(plan, /"petition":1,"createdAt":-1/);
    assert.doesNotMatch(plan, /"SORT"|COLLSCAN/);
  });
});
