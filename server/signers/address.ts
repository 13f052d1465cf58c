import { domainToASCII } from 'node:url';
import { type MailProvider, mailProviders } from '../../config/mail-providers.ts';

/** An e-mail address that mail can be sent to, and the one spelling that stands for its mailbox. */
export type Address = { readonly address: string; readonly canonical: string };

const atom = /^[a-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*$/i;
/** Letters and digits of any script: what a URL parser would take for a path, a port or an escape is no domain. */
const domainLike = /^[\p{L}\p{M}\p{N}.-]+$/u;
const domainName = /^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]$/;

const providerOf = new Map<string, MailProvider>(
  mailProviders.flatMap((provider) => provider.domains.map((domain) => [domain, provider] as const)),
);

/**
 * Reads an address as people type it (RFC 5321 dot-atoms and lengths; international domains become ASCII).
 * Returns undefined for what cannot be mailed.
 */
export function parseAddress(typed: string): Address | undefined {
  const trimmed = typed.trim();
  const at = trimmed.lastIndexOf('@');
  const local = trimmed.slice(0, Math.max(at, 0));
  const typedDomain = trimmed.slice(at + 1);
  const domain = domainLike.test(typedDomain) ? domainToASCII(typedDomain).toLowerCase() : '';
  if (!atom.test(local) || local.length > 64) return undefined;
  if (!domainName.test(domain) || local.length + domain.length > 253) return undefined;
  return { address: `${local}@${domain}`, canonical: canonicalAddress(local.toLowerCase(), domain) };
}

/** The domain of an address that {@link parseAddress} returned. */
export const domainOf = (address: string): string => address.slice(address.lastIndexOf('@') + 1);

function canonicalAddress(local: string, domain: string): string {
  const provider = providerOf.get(domain);
  if (!provider) return `${local}@${domain}`;
  const untagged = (provider.tag && local.split(provider.tag, 1)[0]) || local;
  const plain = [...untagged].filter((character) => !provider.ignores?.includes(character)).join('');
  return `${plain || untagged}@${provider.domains[0]}`;
}
