import { createHash, randomBytes } from 'node:crypto';
import type { Redis } from 'ioredis';
import type { Types } from 'mongoose';

const day = 24 * 60 * 60;
/** A session ends after this long without a visit, and after this long in any case, in seconds. */
const idle = 14 * day;
const longest = 90 * day;
/** A visit is written down at most this often, in seconds. */
const noteEvery = 60;

/** `id` is the hash under which Redis keeps it: the cookie's value is nowhere but in the cookie. */
export type Session = { id: string; organizer: string; createdAt: number; seenAt: number; device: string };

const idOf = (token: string): string => createHash('sha256').update(token).digest('base64url');
const sessionKey = (id: string): string => `session:${id}`;
const listKey = (organizer: string): string => `sessions:${organizer}`;

/** Begins a session; returns the cookie's value. `device` is what the browser calls itself. */
export async function beginSession(
  redis: Redis,
  organizer: Types.ObjectId,
  device: string,
  now = Date.now(),
): Promise<string> {
  const token = randomBytes(32).toString('base64url');
  const id = idOf(token);
  const owner = organizer.toHexString();
  const session: Session = {
    id,
    organizer: owner,
    createdAt: now,
    seenAt: now,
    device: device.slice(0, 200),
  };
  await redis
    .multi()
    .set(sessionKey(id), JSON.stringify(session), 'EX', idle)
    .sadd(listKey(owner), id)
    .expire(listKey(owner), longest)
    .exec();
  return token;
}

/** The session of a cookie; undefined where it has ended. */
export async function findSession(
  redis: Redis,
  token: string,
  now = Date.now(),
): Promise<Session | undefined> {
  const stored = await redis.get(sessionKey(idOf(token)));
  if (!stored) return undefined;
  const session = JSON.parse(stored) as Session;
  if (now - session.createdAt > longest * 1000) return undefined;
  if (now - session.seenAt > noteEvery * 1000) {
    session.seenAt = now;
    // Only where it still is: a session that was ended meanwhile must not come back.
    await redis.set(sessionKey(session.id), JSON.stringify(session), 'EX', idle, 'XX');
  }
  return session;
}

/** An organizer's open sessions, the latest visit first. */
export async function listSessions(redis: Redis, organizer: Types.ObjectId): Promise<Session[]> {
  const list = listKey(organizer.toHexString());
  const ids = await redis.smembers(list);
  const stored = ids.length > 0 ? await redis.mget(ids.map(sessionKey)) : [];
  const over = ids.filter((_, index) => !stored[index]);
  if (over.length > 0) await redis.srem(list, ...over);
  const sessions = stored.flatMap((text) => (text ? [JSON.parse(text) as Session] : []));
  return sessions.sort((a, b) => b.seenAt - a.seenAt);
}

/** Ends one session, of this organizer only; false where they have no such session. */
export async function endSession(redis: Redis, organizer: Types.ObjectId, id: string): Promise<boolean> {
  if ((await redis.srem(listKey(organizer.toHexString()), id)) === 0) return false;
  await redis.del(sessionKey(id));
  return true;
}

/** Ends all of an organizer's sessions, but for the one given. */
export async function endSessions(redis: Redis, organizer: Types.ObjectId, exceptId?: string): Promise<void> {
  for (const { id } of await listSessions(redis, organizer)) {
    if (id !== exceptId) await endSession(redis, organizer, id);
  }
}
