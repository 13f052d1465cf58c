import { createInstance, type TOptions } from 'i18next';
import english from '../locales/en.json' with { type: 'json' };
import french from '../locales/fr.json' with { type: 'json' };
import { dateFormat, numberFormat, relativeFormat } from './formats.ts';
import { type Language, languages } from './petitions/petition.ts';

const translator = createInstance({
  lng: 'en',
  fallbackLng: false,
  supportedLngs: languages,
  resources: { en: { translation: english }, fr: { translation: french } },
  // Handlebars escapes on output; mail and JSON want the text as it is.
  interpolation: { escapeValue: false },
  returnNull: false,
  initAsync: false,
});
void translator.init();

/** A French sign never begins a line: a space before it, as after an opening quote, does not break. */
const unbroken = (text: string): string => text.replace(/ (?=[?!;:»%])|(?<=«) /g, '\u00a0');

const textOf = { en: translator.getFixedT('en'), fr: translator.getFixedT('fr') };

/** The keys of a locale; one whose text goes by number has all its forms under one. */
function keysOf(texts: object, prefix = ''): string[] {
  return Object.entries(texts).flatMap(([name, text]) =>
    typeof text === 'string'
      ? prefix + name.replace(/_(?:zero|one|two|few|many|other)$/, '')
      : keysOf(text, `${prefix}${name}.`),
  );
}
const keys = { en: new Set(keysOf(english)), fr: new Set(keysOf(french)) };

/** The text of a key, with its values put in. Throws where a locale lacks it: a page never shows a bare key. */
export function translate(language: Language, key: string, values: TOptions = {}): string {
  const text = textOf[language](key, values);
  if (text === key) throw new Error(`No ${language} text for ${key}`);
  return language === 'fr' ? unbroken(text) : text;
}

/** The same in the words of a kind of petition, where it has words of its own: `linked.form.heading`. */
export function translateFor(
  language: Language,
  kind: string | undefined,
  key: string,
  values: TOptions = {},
): string {
  const own = `${kind}.${key}`;
  return translate(language, kind && keys[language].has(own) ? own : key, values);
}

/** British day-month order for English, as the petitions' readers write dates. */
const localeOf: Record<Language, string> = { en: 'en-GB', fr: 'fr-CA' };

export const formatNumber = (language: Language, number: number): string =>
  numberFormat(language === 'en' ? 'en-CA' : 'fr-CA').format(number);

/** `4 September`, with the year where it is not this one. */
export function formatDate(language: Language, date: Date, timeZone = 'UTC', now = new Date()): string {
  const year = date.getUTCFullYear() === now.getUTCFullYear() ? undefined : 'numeric';
  return dateFormat(localeOf[language], {
    day: 'numeric',
    month: 'long',
    year,
    timeZone,
  }).format(date);
}

export const formatTime = (language: Language, date: Date, timeZone = 'UTC'): string =>
  dateFormat(localeOf[language], {
    hour: 'numeric',
    minute: '2-digit',
    timeZone,
    timeZoneName: 'short',
  }).format(date);

/** `2026-09-04` where the time zone's calendar says so. */
export const calendarDay = (date: Date, timeZone = 'UTC'): string =>
  dateFormat('en-CA', { dateStyle: 'short', timeZone }).format(date);

/** `in 12 days`, `3 hours ago`: the distance in the largest unit that fits. Whole calendar days where `timeZone` is given. */
export function inWords(language: Language, date: Date, now: Date, timeZone?: string): string {
  const format = relativeFormat(localeOf[language], { numeric: 'auto' });
  const seconds = (date.getTime() - now.getTime()) / 1000;
  const days = timeZone
    ? (Date.parse(calendarDay(date, timeZone)) - Date.parse(calendarDay(now, timeZone))) / 86_400_000
    : Math.trunc(seconds / 86_400);
  if (Math.abs(days) >= 60) return format.format(Math.round(days / 30), 'month');
  if (days !== 0) return format.format(days, 'day');
  if (Math.abs(seconds) >= 3600) return format.format(Math.trunc(seconds / 3600), 'hour');
  if (Math.abs(seconds) >= 60) return format.format(Math.ceil(seconds / 60), 'minute');
  return format.format(Math.ceil(seconds), 'second');
}
