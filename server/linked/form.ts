import { z } from 'zod';
import { officialLimits, petitionLimits } from '../../config/limits.ts';
import { calendarDay } from '../locales.ts';
import { instantOf } from '../petitions/local-time.ts';
import { line, lines } from '../petitions/organize/fields.ts';
import { type Language, languages, languagesOf, type Petition } from '../petitions/petition.ts';
import { jsonUrlOf, numberIn } from './site.ts';
import { type StageEntry, stages } from './stages.ts';

export type Typed = Readonly<Record<string, string>>;
export type Problems = Record<string, string>;
export type Read<Form> = { outcome: 'read'; form: Form } | { outcome: 'refused'; problems: Problems };
export type OfficialForm = {
  urls: Partial<Record<Language, string>>;
  number?: string;
  sponsor?: string;
  opensOn?: string;
  closesOn?: string;
  thresholds: number[];
  steps: Partial<Record<Language, string>>;
  reads: boolean;
  revision: number;
};

const languageNames: Record<Language, string> = { en: 'English', fr: 'French' };

/** An official page is somewhere on the open web, over https; nobody is sent to a machine of our own. */
const pageAddress = line(officialLimits.url).refine(
  (text) => {
    const url = URL.parse(text);
    const isPage = url?.protocol === 'https:' && !url.username && !url.password && !url.port;
    return text === '' || (isPage === true && /\.\p{L}{2,}$/u.test(url?.hostname ?? ''));
  },
  { error: 'Enter the address of the official page, beginning with https://.' },
);
const calendarDate = (what: string) =>
  z
    .string()
    .default('')
    .transform((text) => text.trim())
    .refine((text) => text === '' || isDay(text), { error: what });
const isDay = (text: string): boolean =>
  z.iso.date().safeParse(text).success && text >= '2000-01-01' && text < '2100-01-01';

/** `1150`, or in groups of three as people write it. */
const inDigits = /^(\d{1,12}|\d{1,3}([\s,.'’]\d{3}){1,3})$/;
const numberOf = (text: string): number =>
  inDigits.test(text) ? Number(text.replaceAll(/\D/g, '')) : Number.NaN;

const fields = z.object({
  number: line(officialLimits.number),
  sponsor: line(officialLimits.sponsor),
  opensOn: calendarDate('Enter the day as 2026-05-02.'),
  closesOn: calendarDate('Enter the day as 2026-09-04.'),
  thresholds: line(officialLimits.thresholdsText),
  reads: z.string().optional(),
  revision: z.coerce.number().int().min(0).catch(0),
});

/** Reads what organizers say of the official petition, or says what is wrong at each field. */
export function readOfficialForm(petition: Petition, typed: Typed): Read<OfficialForm> {
  const problems: Problems = {};
  const plain = fields.safeParse(typed);
  for (const { path, message } of plain.error?.issues ?? []) problems[String(path[0])] ??= message;
  const urls = readWords(typed, 'url', languages, pageAddress, problems);
  const steps = readWords(typed, 'steps', languagesOf(petition), lines(officialLimits.steps), problems);
  const main = urls[petition.language];
  if (!main) problems[`url-${petition.language}`] ??= 'Enter the address of the official page.';
  // What can be said beside a field that is wrong is said at once.
  const { opensOn = '', closesOn = '', thresholds: numbers = '' } = plain.data ?? typed;
  if (isDay(opensOn) && isDay(closesOn) && closesOn < opensOn)
    problems.closesOn ??= 'It closes before it opens. Check both days.';
  const thresholds = readThresholds(numbers, problems);
  if (!plain.data || !main || Object.keys(problems).length > 0) return { outcome: 'refused', problems };
  const { number, sponsor, reads, revision } = plain.data;
  return {
    outcome: 'read',
    form: {
      ...{ urls, steps, thresholds, revision, number: number || numberIn(main) },
      ...{ sponsor: sponsor || undefined, opensOn: opensOn || undefined, closesOn: closesOn || undefined },
      reads: reads === 'on' && jsonUrlOf(main) !== undefined,
    },
  };
}

function readWords(
  typed: Typed,
  part: string,
  given: readonly Language[],
  schema: z.ZodType<string>,
  problems: Problems,
): Partial<Record<Language, string>> {
  const words: Partial<Record<Language, string>> = {};
  for (const language of given) {
    const name = `${part}-${language}`;
    const read = schema.safeParse(typed[name]);
    if (!read.success) problems[name] = `In ${languageNames[language]}: ${read.error.issues[0]?.message}`;
    else if (read.data) words[language] = read.data;
  }
  return words;
}

/** `10,000; 100,000`, the fewest first. */
function readThresholds(text: string, problems: Problems): number[] {
  const parts = text.split(/;|\band\b|, /).map((part) => part.trim());
  const numbers = parts.filter(Boolean).map(numberOf);
  if (numbers.some((number) => !(number >= 1 && number <= officialLimits.count)))
    problems.thresholds ??= 'Enter whole numbers with a semicolon between them, such as 10,000; 100,000.';
  else if (numbers.length > officialLimits.thresholds)
    problems.thresholds ??= `Enter at most ${officialLimits.thresholds} numbers.`;
  return [...new Set(numbers)].sort((a, b) => a - b);
}

/** The day may not be to come where the petition is. */
const pastDay = (petition: Petition, now: Date, what: string) =>
  z
    .string({ error: what })
    .trim()
    .refine(isDay, { error: what })
    .refine((day) => day <= calendarDay(now, petition.timeZone ?? 'UTC'), {
      error: 'This day is still to come.',
    });

const wholeNumber = z
  .string({ error: 'Enter the number as the official page shows it.' })
  .trim()
  .transform(numberOf)
  .refine((number) => number >= 0 && number <= officialLimits.count, {
    error: 'Enter the number as the official page shows it, such as 1,800.',
  });

export const countForm = (petition: Petition, now: Date) =>
  z.object({
    id: z
      .string()
      .regex(/^[0-9a-f]{24}$/)
      .optional()
      .catch(undefined),
    count: wholeNumber,
    day: pastDay(petition, now, 'Enter the day you saw this number.'),
  });

export const correctionForm = (petition: Petition, now: Date) =>
  z.object({
    count: wholeNumber,
    day: pastDay(petition, now, 'Enter the day the number is of.'),
    why: reason,
    seen: z.coerce.number().int().min(0).catch(-1),
  });

export const reason = lines(petitionLimits.reason).refine((text) => text.length >= 3, {
  error: 'Say why, in a few words.',
});

export function problemsOf(error: z.ZodError): Problems {
  const problems: Problems = {};
  for (const { path, message } of error.issues) problems[String(path[0])] ??= message;
  return problems;
}

/** A stage, its day, and a note in every language of the petition or in none. */
export function readStage(petition: Petition, typed: Typed, now: Date): Read<StageEntry> {
  const problems: Problems = {};
  const outcome = stages.find((stage) => stage === typed.stage);
  if (!outcome) problems.stage = 'Choose what has happened.';
  const read = pastDay(petition, now, 'Enter the day it happened.').safeParse(typed.on);
  if (!read.success) problems.on = read.error.issues[0]?.message ?? '';
  const given = languagesOf(petition);
  const note = readWords(typed, 'note', given, lines(petitionLimits.note), problems);
  const isSaid = Object.keys(note).length > 0;
  for (const language of given)
    if (isSaid && !note[language])
      problems[`note-${language}`] ??= `Say it in ${languageNames[language]} too, or leave all notes empty.`;
  if (!outcome || !read.success || Object.keys(problems).length > 0) return { outcome: 'refused', problems };
  return { outcome: 'read', form: { outcome, at: noonOf(read.data, petition), note } };
}

/** Noon where the petition is, so that the day is the same for every reader near it. */
function noonOf(day: string, { timeZone }: Petition): Date {
  const instant = instantOf(`${day}T12:00`, timeZone ?? 'UTC', 'first');
  return instant.outcome === 'read' ? instant.at : new Date(`${day}T12:00:00Z`);
}
