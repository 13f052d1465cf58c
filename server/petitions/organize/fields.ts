import { z } from 'zod';
import { petitionLimits } from '../../../config/limits.ts';
import { controlButLines, controlCharacters } from '../../signatures/characters.ts';
import { parseAddress } from '../../signers/address.ts';

/** How the fields of the organizers' forms are read. Every message is a sentence for whoever typed. */

const tooLong = (limit: number) => `Shorten this to ${limit.toLocaleString('en')} characters.`;
const strange = 'This contains characters that cannot be shown. Type it again.';
const noLongerThan = (limit: number) => (text: string) => [...text].length <= limit;

/** One line; `''` where nothing was typed. */
export const line = (limit: number) =>
  z
    .string()
    .default('')
    .transform((text) => text.trim())
    .refine(noLongerThan(limit), { error: tooLong(limit) })
    .refine((text) => !controlCharacters.test(text), { error: strange });

/** Several lines, as they were typed but for the ends of lines. */
export const lines = (limit: number) =>
  z
    .string()
    .default('')
    .transform((text) => text.replaceAll('\r\n', '\n').trim())
    .refine(noLongerThan(limit), { error: tooLong(limit) })
    .refine((text) => !controlButLines.test(text), { error: strange });

/** A web address people may be sent to. */
export const webAddress = line(500).refine(
  (text) => {
    if (text === '') return true;
    const url = URL.canParse(text) ? new URL(text) : undefined;
    return Boolean(url && /^https?:$/.test(url.protocol) && url.hostname.includes('.') && !url.username);
  },
  { error: 'Enter a web address that begins with https://, such as https://example.org/give.' },
);

export const mailAddress = line(254).refine((text) => text === '' || parseAddress(text) !== undefined, {
  error: 'This does not look like an e-mail address.',
});

export const phoneNumber = line(40).refine((text) => /^[+\d\s()./-]*$/.test(text), {
  error: 'Use digits, such as +1 613 555 0199.',
});

/** `#PondBench, Larkmere` as the words without their signs. */
export const hashtagList = line(400)
  .transform((text) => [...new Set(text.split(/[\s,#]+/u).filter(Boolean))])
  .refine((tags) => tags.length <= petitionLimits.hashtags, {
    error: `Use at most ${petitionLimits.hashtags} hashtags.`,
  })
  .refine((tags) => tags.every((tag) => /^[\p{L}\p{N}_]{1,50}$/u.test(tag)), {
    error: 'Use letters, digits and _ only, such as #PondBench.',
  });

/** The address of a petition; `''` where it should follow from the title. */
export const slug = line(80)
  .transform((text) => text.toLowerCase())
  .refine((text) => text === '' || /^[a-z0-9]+(-[a-z0-9]+)*$/.test(text), {
    error: 'Use small letters, digits and single hyphens, such as pond-bench.',
  });

/** An address made from a title: `Gardons l’étang !` becomes `gardons-l-etang`. */
export function slugFrom(title: string): string {
  const plain = title.normalize('NFKD').replaceAll(/\p{M}/gu, '').toLowerCase();
  const cut = plain
    .replaceAll(/[^a-z0-9]+/g, '-')
    .slice(0, 60)
    .replaceAll(/^-+|-+$/g, '');
  return cut || 'petition';
}
