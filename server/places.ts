import { countries, regions } from '../config/places.ts';
import type { Language } from './petitions/petition.ts';

const countryNames = {
  en: new Intl.DisplayNames('en', { type: 'region' }),
  fr: new Intl.DisplayNames('fr', { type: 'region' }),
};

/** A region by its name, or else the country's. */
export function placeName(
  lang: Language,
  country?: string | null,
  region?: string | null,
): string | undefined {
  if (!country) return undefined;
  const [name, french] = (region && regions[country]?.[region]) || [];
  const place = lang === 'fr' ? (french ?? name) : name;
  return place
    ? place.replaceAll(/(?<![\p{L}'’])\p{L}/gu, (letter) => letter.toUpperCase())
    : countryNames[lang].of(country);
}

/** Every country by its name in the language, in that language's order. */
export const countryOptions = (lang: Language, selected: string | undefined) =>
  countryNamesInOrder[lang].map(({ code, name }) => ({
    code,
    name,
    selected: code === selected?.toUpperCase(),
  }));

const inOrder = (lang: Language) =>
  countries
    .map((code) => ({ code, name: countryNames[lang].of(code) ?? code }))
    .sort((a, b) => a.name.localeCompare(b.name, lang));
const countryNamesInOrder = { en: inOrder('en'), fr: inOrder('fr') };
