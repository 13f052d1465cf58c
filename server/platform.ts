import type { Redis } from 'ioredis';
import type { Env } from '../config/env.ts';
import type { Log } from '../config/log.ts';
import type { Queues } from '../workers/queues.ts';
import { keyLog } from './audit/chain.ts';
import { createMetrics, type Metrics } from './health/metrics.ts';
import { createRecent, type Recent } from './recent.ts';
import { createTokens, type Tokens } from './signers/tokens.ts';
import { createVault, type Vault } from './signers/vault.ts';

/** What the domain and its callers are given: configuration, secrets at work, the way to Redis, what is measured, and what is remembered. */
export type Platform = {
  readonly env: Env;
  readonly log: Log;
  readonly vault: Vault;
  readonly tokens: Tokens;
  readonly queues: Queues;
  readonly redis: Redis;
  readonly metrics: Metrics;
  readonly recent: Recent;
};

export function createPlatform(env: Env, log: Log, redis: Redis, queues: Queues): Platform {
  keyLog(env.LOOKUP_KEY);
  return {
    env,
    log,
    redis,
    queues,
    metrics: createMetrics({ queues, redis }),
    recent: createRecent(),
    vault: createVault(env.ENCRYPTION_KEYS, env.LOOKUP_KEY),
    tokens: createTokens(env.LOOKUP_KEY),
  };
}
