import type { Express } from 'express';
import type { Env } from '../../config/env.ts';

/** Addresses whose trust is remembered. */
const most = 1_000;

/** Express's `trust proxy`, which reads an address anew each time it is asked about; there are few proxies. */
export function trustProxy(app: Express, setting: Env['TRUST_PROXY']): void {
  app.set('trust proxy', setting);
  const isTrusted = app.get('trust proxy fn') as (address: string, hop: number) => boolean;
  const known = new Map<string, boolean>();
  app.set('trust proxy', (address: string, hop: number): boolean => {
    const key = `${hop} ${address}`;
    const trusted = known.get(key) ?? isTrusted(address, hop);
    if (known.size < most) known.set(key, trusted);
    return trusted;
  });
}
