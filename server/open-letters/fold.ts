import { domainToASCII } from 'node:url';
import { sharedSites } from '../../config/shared-sites.ts';

const strokes: Readonly<Record<string, string>> = {
  ...{ ł: 'l', ø: 'o', đ: 'd', ð: 'd', þ: 'th', æ: 'ae', œ: 'oe', ı: 'i', ŧ: 't', ħ: 'h' },
};
/** Words at the start that some write and some leave out. */
const articles = new Set(['the', 'a', 'an', 'le', 'la', 'les', 'l', 'el', 'los', 'las', 'der', 'die', 'das']);
/** What says only under which law it was founded. */
const forms = new Set([
  ...['inc', 'incorporated', 'ltd', 'limited', 'llc', 'llp', 'plc', 'corp', 'corporation', 'co', 'company'],
  ...['gmbh', 'ggmbh', 'ev', 'ag', 'sa', 'sas', 'sarl', 'srl', 'spa', 'bv', 'nv', 'ab', 'as', 'oy', 'pty'],
  ...['asbl', 'aisbl', 'vzw', 'enr', 'cic', 'cio'],
]);

/**
 * An organisation's name without what two people write differently: accents, case, spacing, punctuation, an article at
 * the start, `Inc.` and its like at the end, `&` and `and`.
 */
export function foldName(name: string): string {
  const words = name
    .normalize('NFKD')
    .replaceAll(/\p{M}/gu, '')
    .toUpperCase()
    .toLowerCase()
    .replaceAll(/[łøđðþæœıŧħ]/g, (letter) => strokes[letter] ?? letter)
    .replaceAll('&', ' and ')
    // `e.V.` and `S.A.` are one word.
    .replaceAll(/(?<=(?:^|[\s.])\p{L})\./gu, '')
    .split(/[^\p{L}\p{N}]+/u)
    .filter(Boolean);
  const kept = [...words];
  while (kept.length > 1 && articles.has(kept[0] ?? '')) kept.shift();
  while (kept.length > 1 && forms.has(kept.at(-1) ?? '')) kept.pop();
  return kept.join('');
}

/** A website as people type it, or undefined where there is none at such an address. */
export function readWebsite(typed: string): URL | undefined {
  const text = typed.trim();
  const url = URL.parse(/^https?:\/\//i.test(text) ? text : `https://${text}`);
  if (!url || !/^https?:$/.test(url.protocol) || url.username || url.password) return undefined;
  const isName = /^([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z][a-z0-9-]*[a-z0-9]$/.test(url.hostname);
  return isName && pathOf(url) !== undefined ? url : undefined;
}

/** The path as people read it; undefined where it has a broken escape. */
function pathOf({ pathname }: URL): string | undefined {
  try {
    return decodeURI(pathname);
  } catch {
    return undefined;
  }
}

/** The domain of a website, without `www`. */
export const domainOfSite = ({ hostname }: URL): string =>
  hostname
    .toLowerCase()
    .replace(/^www\d?\./, '')
    .replace(/\.$/, '');

/** What stands for an organisation's website: its domain; on a site that many share, the part of it that is theirs. */
export function siteOf(website: string): string | undefined {
  const url = readWebsite(website);
  if (!url) return undefined;
  const domain = domainOfSite(url).replace(/^m\./, '');
  if (!sharedSites.has(domain)) return domain;
  const path = (pathOf(url) ?? '').toLowerCase().split('/').filter(Boolean).slice(0, 2).join('/');
  return path ? `${domain}/${path}` : undefined;
}

/** Whether an e-mail address is of the organisation's own domain, one above it, or one below it. */
export function isOwnDomain(mailDomain: string, website: string): boolean {
  const url = readWebsite(website);
  if (!url) return false;
  const [mail, site] = [domainToASCII(mailDomain).toLowerCase(), domainOfSite(url)];
  if (sharedSites.has(site)) return false;
  return (
    mail === site || mail.endsWith(`.${site}`) || (mail.split('.').length > 2 && site.endsWith(`.${mail}`))
  );
}
