import type { Types } from 'mongoose';
import type { Petition } from '../../server/petitions/petition.ts';
import { Signature } from '../../server/signatures/signature.ts';
import { addCrowd } from '../million.ts';
import { startHelper } from '../parts/helper.ts';
import type { World } from '../world.ts';

/** So many a second, which the budget is for. */
export const confirmationRate = 300;

type Seen = { seconds: number; events: number; waits: number[] };

/** Makes pending signatures and returns the paths of their links. */
export async function pendingLinks(world: World, petition: Petition, count: number): Promise<string[]> {
  await addCrowd(world.env, petition, { count, pending: 1 });
  const pending = await Signature.find({ petition: petition._id }, { _id: 1 }).lean<
    { _id: Types.ObjectId }[]
  >();
  return pending.map(({ _id }) => `/confirm/${world.platform.tokens.issue('confirm', _id)}`);
}

/** Confirms them at a steady rate from a process of its own, which watches the count meanwhile; all must be taken. */
export async function confirmSteadily(
  url: string,
  { slug }: Petition,
  links: string[],
  rate: number,
): Promise<Seen> {
  const client = await startHelper('load/confirm.ts');
  try {
    const order = { url, events: `/petitions/${slug}/events`, links, rate };
    return await client.ask<Seen>('confirm', order);
  } finally {
    await client.stop();
  }
}
