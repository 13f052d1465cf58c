import type { Request, RequestHandler, Response } from 'express';
import { ipKeyGenerator, rateLimit, type Store } from 'express-rate-limit';
import type { Redis } from 'ioredis';
import { rateLimits } from '../../config/limits.ts';
import type { Platform } from '../platform.ts';
import { type Outcomes, together } from '../together.ts';

/**
 * Counts one hit of each window in turn, up to the first that is full; the first hit starts a window. Returns which is
 * full, from 1, and what is left of it in milliseconds; 0 where none is. Arguments: limit and window of each key.
 */
const hit = `
for i, key in ipairs(KEYS) do
  local hits = redis.call('INCR', key)
  local limit, window = tonumber(ARGV[2 * i - 1]), tonumber(ARGV[2 * i])
  if hits == 1 then redis.call('PEXPIRE', key, window) end
  if hits > limit then
    local left = redis.call('PTTL', key)
    if left < 0 then
      redis.call('PEXPIRE', key, window)
      left = window
    end
    return { i, left }
  end
end
return { 0, 0 }`;

type Counting = { hit(count: number, ...args: (string | number)[]): unknown };
/** How many requests are counted in one round trip, and how many such are under way. */
const grouping = { most: 200, atOnce: 4 };
type LimitName = keyof typeof rateLimits;
/** Who is counted by each limit; undefined counts nobody. */
type Keys = Partial<Record<LimitName, (request: Request) => string | undefined>>;
export type TooMany = (request: Request, response: Response, again: Date) => void | Promise<void>;

/** What express-rate-limit takes for one key: our limits' names and whom each counts, as JSON. */
type Hit = [name: LimitName, whom: string][];
const keyOf = ([name, whom]: Hit[number]): string => `limit:${name}:${whom}`;

/** Counts for all requests that come at one moment in one round trip. */
function countTogether(redis: Redis) {
  redis.defineCommand('hit', { lua: hit });
  return together(async (counts: [number, ...(string | number)[]][]): Promise<Outcomes<[number, number]>> => {
    const pipeline = redis.pipeline();
    for (const args of counts) (pipeline as unknown as Counting).hit(...args);
    const answers = (await pipeline.exec()) ?? [];
    return answers.map(([reason, value]) =>
      reason ? { status: 'rejected', reason } : { status: 'fulfilled', value: value as [number, number] },
    );
  }, grouping);
}

/**
 * express-rate-limit's counters in Redis, several limits in one round trip. To express-rate-limit they are one limit
 * of one hit: the second hit says that one of ours is full.
 */
function redisStore({ redis, metrics }: Pick<Platform, 'redis' | 'metrics'>): Store {
  const count = countTogether(redis);
  return {
    async increment(key) {
      const hits = JSON.parse(key) as Hit;
      const bounds = hits.flatMap(([name]) => [rateLimits[name].limit, rateLimits[name].window * 1000]);
      const [full, left] = await count([hits.length, ...hits.map(keyOf), ...bounds]);
      const limit = hits[full - 1]?.[0];
      if (limit) metrics.limited.inc({ limit });
      return { totalHits: limit ? 2 : 1, resetTime: new Date(Date.now() + left) };
    },
    async decrement() {},
    async resetKey(key) {
      await redis.del(...(JSON.parse(key) as Hit).map(keyOf));
    },
  };
}

/**
 * Limits from `config/limits.ts`, the first that is full ends the request. Where Redis is away the request passes: the
 * captcha still stands. `tooMany` writes the page; `Retry-After` is already set.
 */
export function limitBy(
  platform: Pick<Platform, 'redis' | 'metrics'>,
  keys: Keys,
  tooMany: TooMany,
): RequestHandler {
  const counted = new WeakMap<Request, string>();
  return rateLimit({
    limit: 1,
    store: redisStore(platform),
    passOnStoreError: true,
    legacyHeaders: false,
    standardHeaders: false,
    logger: { error: () => undefined, warn: () => undefined } as never,
    skip(request) {
      const hits = Object.entries(keys)
        .map(([name, whomOf]) => [name, whomOf(request)])
        .filter(([, whom]) => whom !== undefined);
      if (hits.length > 0) counted.set(request, JSON.stringify(hits));
      return hits.length === 0;
    },
    keyGenerator: (request) => counted.get(request) ?? '',
    handler: async (request, response, next) => {
      const again =
        (request as Request & { rateLimit?: { resetTime?: Date } }).rateLimit?.resetTime ?? new Date();
      response.set('Retry-After', String(Math.max(1, Math.ceil((again.getTime() - Date.now()) / 1000))));
      try {
        await tooMany(request, response, again);
      } catch (error) {
        next(error);
      }
    },
  });
}

/** Whom the request comes from, an IPv4 address as people write it. */
export const addressOf = (request: Request): string => (request.ip ?? '').replace(/^::ffff:/, '');

/** Counts by IPv4 address, or by the IPv6 /56 that one household or server usually has; Redis sees only its keyed hash. */
export const blockOf =
  ({ vault }: Pick<Platform, 'vault'>) =>
  (request: Request): string =>
    vault.networkKey(ipKeyGenerator(addressOf(request)));
