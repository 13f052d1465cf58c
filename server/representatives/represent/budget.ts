import { randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';
import { representativeLimits } from '../../../config/limits.ts';

const keys = { asked: 'represent:asked', rest: 'represent:rest' } as const;

/** Counts one question unless as many as may be were asked within the window, which moves with time. */
const ask = `
if redis.call('EXISTS', KEYS[2]) == 1 then return 0 end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - ARGV[2])
if redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[1]) then return 0 end
redis.call('ZADD', KEYS[1], now, ARGV[3])
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return 1`;

/**
 * Whether one more question may be asked: the service allows so many for everyone together, so all processes count in
 * Redis. Throws while it is away: nobody could tell how many others ask.
 */
export async function mayAsk(redis: Redis): Promise<boolean> {
  const { limit, window } = representativeLimits.questions;
  const allowed = await redis.eval(ask, 2, keys.asked, keys.rest, limit, window * 1000, randomUUID());
  return allowed === 1;
}

/** The service says that it is too much: nobody asks for a while. Seconds. */
export const restFor = (redis: Redis, seconds: number): Promise<unknown> =>
  redis.set(keys.rest, '1', 'EX', seconds);
