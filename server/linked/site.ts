import { type OfficialSite, type OfficialSiteName, officialSites } from '../../config/official-sites.ts';

/** The site an official page is on; undefined for one that is not known. */
export function siteNameOf(url: string): OfficialSiteName | undefined {
  const host = URL.parse(url)?.hostname;
  const names = Object.keys(officialSites) as OfficialSiteName[];
  return names.find((name) => (officialSites[name].hosts as readonly string[]).includes(host ?? ''));
}

export function siteOf(url: string): OfficialSite | undefined {
  const name = siteNameOf(url);
  return name && officialSites[name];
}

/** The petition's number on its site, where the address says it. */
export const numberIn = (url: string): string | undefined =>
  siteOf(url)?.number.exec(url)?.[1]?.toLowerCase();

/** Where the site publishes this petition's numbers: an address of the list with digits put in, nothing typed. */
export function jsonUrlOf(url: string): string | undefined {
  const number = numberIn(url);
  return number && siteOf(url)?.json?.replace('{number}', number);
}
