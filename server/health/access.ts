import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { BlockList, isIPv6 } from 'node:net';
import type { Env } from '../../config/env.ts';

/** Loopback, private and link-local networks, and those that providers share out inside. */
const near = new BlockList();
for (const [network, bits] of [
  ['127.0.0.0', 8],
  ['10.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['169.254.0.0', 16],
  ['100.64.0.0', 10],
] as const)
  near.addSubnet(network, bits, 'ipv4');
near.addAddress('::1', 'ipv6');
near.addSubnet('fc00::', 7, 'ipv6');
near.addSubnet('fe80::', 10, 'ipv6');

/** What a proxy says of whom it asks for. */
const forwarded = ['forwarded', 'x-forwarded-for', 'x-real-ip', 'via'];

/**
 * Whether somebody may read the metrics: whoever has `METRICS_TOKEN`, where there is one; without it whoever asks this
 * process itself from a network that is not public. What comes through the proxy in front of us comes from anybody.
 */
export function mayReadMetrics(
  { METRICS_TOKEN: token }: Pick<Env, 'METRICS_TOKEN'>,
  { headers, socket }: Pick<IncomingMessage, 'headers'> & { socket: { remoteAddress?: string | undefined } },
): boolean {
  if (token) return isSame(headers.authorization ?? '', `Bearer ${token}`);
  const address = socket.remoteAddress ?? '0.0.0.0';
  return (
    forwarded.every((name) => headers[name] === undefined) &&
    near.check(address, isIPv6(address) ? 'ipv6' : 'ipv4')
  );
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
const isSame = (one: string, other: string): boolean => timingSafeEqual(digest(one), digest(other));
