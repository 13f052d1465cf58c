import type { Request, RequestHandler, Response } from 'express';
import { ipKeyGenerator, rateLimit, type Store } from 'express-rate-limit';
import type { Redis } from 'ioredis';
import { type Limit, rateLimits } from '../../config/limits.ts';
import type { Platform } from '../platform.ts';

/** Counts one hit of a window; the first one starts it. Returns hits and what is left of the window in milliseconds. */
const hit = `
local hits = redis.call('INCR', KEYS[1])
local left = redis.call('PTTL', KEYS[1])
if left < 0 then
  redis.call('PEXPIRE', KEYS[1], ARGV[1])
  left = tonumber(ARGV[1])
end
return { hits, left }`;

type Counting = Redis & { hit(key: string, window: number): Promise<[number, number]> };

/** express-rate-limit's counters in Redis. The client sends the script again by itself when Redis has lost it. */
function redisStore(redis: Redis, name: string, window: number): Store {
  redis.defineCommand('hit', { numberOfKeys: 1, lua: hit });
  const keyOf = (key: string) => `limit:${name}:${key}`;
  return {
    async increment(key) {
      const [totalHits, left] = await (redis as Counting).hit(keyOf(key), window * 1000);
      return { totalHits, resetTime: new Date(Date.now() + left) };
    },
    async decrement(key) {
      await redis.decr(keyOf(key));
    },
    async resetKey(key) {
      await redis.del(keyOf(key));
    },
  };
}

export type TooMany = (request: Request, response: Response, again: Date) => void | Promise<void>;

/**
 * A limit from `config/limits.ts`. `keyOf` says who is counted, undefined counts nobody. Where Redis is away the
 * request passes: the captcha still stands. `tooMany` writes the page; `Retry-After` is already set.
 */
export function limitBy(
  { redis, metrics }: Pick<Platform, 'redis' | 'metrics'>,
  name: keyof typeof rateLimits,
  keyOf: (request: Request) => string | undefined,
  tooMany: TooMany,
): RequestHandler {
  const { limit, window }: Limit = rateLimits[name];
  const counted = new WeakMap<Request, string>();
  return rateLimit({
    limit,
    windowMs: window * 1000,
    store: redisStore(redis, name, window),
    passOnStoreError: true,
    legacyHeaders: false,
    standardHeaders: false,
    logger: { error: () => undefined, warn: () => undefined } as never,
    skip(request) {
      const key = keyOf(request);
      if (key !== undefined) counted.set(request, key);
      return key === undefined;
    },
    keyGenerator: (request) => counted.get(request) ?? '',
    handler: async (request, response, next) => {
      metrics.limited.inc({ limit: name });
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
