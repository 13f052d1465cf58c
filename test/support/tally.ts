import assert from 'node:assert/strict';
import type { Types } from 'mongoose';
import { signatoryKinds } from '../../server/open-letters/signatory.ts';
import { isErased, Signature } from '../../server/signatures/signature.ts';
import { runTallyRound } from '../../server/tallies/round.ts';
import { Tally } from '../../server/tallies/tally.ts';

type Sums = { confirmed: number; days: object; regions: object; sources: object; hours: object };

const positive = (sums: object) =>
  Object.fromEntries(Object.entries(sums).filter(([, number]) => number !== 0));

/** What the tally says; breakdowns without those that are back at nothing. */
export async function sumsOf(petition: { _id: Types.ObjectId }): Promise<Sums> {
  const tally = await Tally.findById(petition._id).lean();
  return {
    confirmed: tally?.confirmed ?? 0,
    days: positive(tally?.days ?? {}),
    regions: positive(tally?.regions ?? {}),
    sources: positive(tally?.sources ?? {}),
    hours: positive(tally?.hours ?? {}),
  };
}

/** Counts the confirmed signatures one by one, by what is known of them and not by how they were marked. */
export async function countOneByOne(petition: { _id: Types.ObjectId }): Promise<Sums> {
  const hoursFrom = (await Tally.findById(petition._id).lean())?.hoursFrom ?? '';
  const confirmed = await Signature.find({ petition: petition._id, state: 'confirmed' }).lean();
  const sum = (labels: string[]) => {
    const sums = new Map<string, number>();
    for (const label of labels) sums.set(label, (sums.get(label) ?? 0) + 1);
    return Object.fromEntries(sums);
  };
  return {
    confirmed: confirmed.length,
    days: sum(confirmed.map(({ counted }) => counted?.day ?? 'none')),
    regions: sum(confirmed.map(({ country, region }) => [country, region].filter(Boolean).join('-'))),
    // Of somebody who was erased only the count knows what brought them.
    sources: sum(confirmed.map((each) => (isErased(each) ? each.counted?.source : each.source) ?? 'direct')),
    hours: sum(
      confirmed.map(({ counted }) => counted?.hour ?? '').filter((hour) => hour && hour >= hoursFrom),
    ),
  };
}

/** The tally's sums by hour are those of the marks, from the first hour that it keeps. */
async function assertHoursExact(petition: { _id: Types.ObjectId }): Promise<void> {
  const tally = await Tally.findById(petition._id).lean();
  const marked = await Signature.find({ petition: petition._id, state: 'confirmed' }, { counted: 1 }).lean();
  const sums: Record<string, number> = {};
  for (const { counted } of marked)
    if (counted?.hour && counted.hour >= (tally?.hoursFrom ?? ''))
      sums[counted.hour] = (sums[counted.hour] ?? 0) + 1;
  assert.deepEqual(positive(tally?.hours ?? {}), sums, 'the hours are wrong');
}

/** The tally's sums of organisations and people with a title are those of the signatures, however they were marked. */
async function assertSignatoriesExact(petition: { _id: Types.ObjectId }): Promise<void> {
  const tally = await Tally.findById(petition._id).lean();
  const sums: Record<string, number> = {};
  for (const kind of signatoryKinds)
    sums[kind] = await Signature.countDocuments({
      ...{ petition: petition._id, state: 'confirmed' as const, 'signatory.kind': kind },
    });
  assert.deepEqual(positive(tally?.signatories ?? {}), positive(sums), 'the signatories are wrong');
}

/** Runs rounds until there is nothing to do. */
export async function settle(petition: { _id: Types.ObjectId }): Promise<void> {
  for (let round = 0; round < 100; round += 1) if ((await runTallyRound(petition)) === 'idle') return;
  throw new Error('The tally does not settle');
}

/** Whatever is under way, a signature that is not counted as its state says is on the list of what to count. */
export async function assertNothingForgotten(petition: { _id: Types.ObjectId }): Promise<void> {
  const forgotten = await Signature.countDocuments({
    petition: petition._id,
    recount: { $ne: true },
    $or: [
      { state: 'confirmed', counted: null },
      { state: { $ne: 'confirmed' }, counted: { $ne: null } },
    ],
  });
  assert.equal(forgotten, 0, 'signatures are marked wrongly and not left to count');
}

/** The tally is exact, every mark agrees with it, and nothing is left to do. */
export async function assertExact(petition: { _id: Types.ObjectId }): Promise<void> {
  assert.deepEqual(await sumsOf(petition), await countOneByOne(petition));
  await assertHoursExact(petition);
  await assertSignatoriesExact(petition);
  const tally = await Tally.findById(petition._id).lean();
  assert.equal(tally?.batch, null, 'a batch is left');
  await assertNothingForgotten(petition);
  const left = await Signature.countDocuments({ petition: petition._id, recount: true });
  assert.equal(left, 0, 'signatures are left to count');
}
