import type { Redis } from 'ioredis';
import type { Types } from 'mongoose';
import { moderationWork } from '../../config/limits.ts';

/** Who is looking at an item, and until when it stays theirs if they do nothing more. */
export type Claim = { organizer: string; until: Date };

const itemKey = (item: Types.ObjectId): string => `moderation:item:${item.toHexString()}`;
const holderKey = (organizer: string): string => `moderation:holder:${organizer}`;

/**
 * Takes an item for a while, or longer where it was theirs; an organizer holds one at a time, so the one before is let
 * go, whether they get this one or not. Returns the other's claim where somebody has it. Kept in Redis alone: a claim that is lost costs a question, a
 * decision is one conditional update in any case.
 */
export async function claimItem(
  redis: Redis,
  item: Types.ObjectId,
  organizer: Types.ObjectId,
): Promise<Claim | undefined> {
  const mine = organizer.toHexString();
  const key = itemKey(item);
  const taken = await redis.set(key, mine, 'EX', moderationWork.lease, 'NX');
  if (!taken) {
    const [claim] = await findClaims(redis, [item]);
    if (claim && claim.organizer !== mine) {
      const before = await redis.getdel(holderKey(mine));
      if (before) await letGo(redis, before, mine);
      return claim;
    }
    await redis.set(key, mine, 'EX', moderationWork.lease);
  }
  const before = await redis.set(holderKey(mine), key, 'EX', moderationWork.lease, 'GET');
  if (before && before !== key) await letGo(redis, before, mine);
  return undefined;
}

/** Lets an item go, where it is theirs. */
export const releaseItem = (redis: Redis, item: Types.ObjectId, organizer: Types.ObjectId): Promise<void> =>
  letGo(redis, itemKey(item), organizer.toHexString());

async function letGo(redis: Redis, key: string, holder: string): Promise<void> {
  if ((await redis.get(key)) === holder) await redis.del(key);
}

/** The claim of each item, in their order; undefined for what nobody is looking at. */
export async function findClaims(
  redis: Redis,
  items: readonly Types.ObjectId[],
  now = new Date(),
): Promise<(Claim | undefined)[]> {
  return Promise.all(
    items.map(async (item) => {
      const [organizer, left] = await Promise.all([redis.get(itemKey(item)), redis.pttl(itemKey(item))]);
      return organizer ? { organizer, until: new Date(now.getTime() + Math.max(0, left)) } : undefined;
    }),
  );
}
