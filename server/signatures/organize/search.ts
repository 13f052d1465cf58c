import { z } from 'zod';
import type { Platform } from '../../platform.ts';
import { domainOf, parseAddress } from '../../signers/address.ts';
import { filterForm, filterQuery } from './filter.ts';

/** What somebody typed to look for. It becomes keyed hashes here, so that no address of a page names a person. */
const searchForm = filterForm.extend({
  who: z.string().trim().max(254).default(''),
  at: z.string().trim().max(254).default(''),
  /** A filter by person or domain that was there already. */
  keepPerson: z.string().max(60).optional(),
  keepDomain: z.string().max(60).optional(),
});

type Search =
  | { outcome: 'read'; query: string }
  | { outcome: 'refused'; field: 'who' | 'at'; message: string }
  | { outcome: 'malformed' };

export function readSearch({ vault }: Pick<Platform, 'vault'>, typed: Record<string, string>): Search {
  const parsed = searchForm.safeParse(typed);
  if (!parsed.success) return { outcome: 'malformed' };
  const { who, at, keepPerson, keepDomain, ...filter } = parsed.data;
  const address = parseAddress(who);
  if (who.includes('@') && !address)
    return { outcome: 'refused', field: 'who', message: 'This does not look like a whole e-mail address.' };
  // What is stored is the domain of the one spelling of an address: mail to googlemail.com is mail to gmail.com.
  const domain = parseAddress(`anybody@${at.slice(at.lastIndexOf('@') + 1)}`)?.canonical;
  if (at && !domain)
    return {
      outcome: 'refused',
      field: 'at',
      message: 'This does not look like a domain, such as example.org.',
    };
  const found = {
    ...filter,
    person: address
      ? `email.${vault.emailKey(address.canonical)}`
      : who
        ? `name.${vault.nameKey(who)}`
        : keepPerson,
    domain: domain && at ? vault.domainKey(domainOf(domain)) : keepDomain,
  };
  const known = filterForm.safeParse(found);
  return known.success ? { outcome: 'read', query: filterQuery(known.data) } : { outcome: 'malformed' };
}
