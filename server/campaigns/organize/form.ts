import { Types } from 'mongoose';
import { z } from 'zod';
import { campaignLimits, petitionLimits } from '../../../config/limits.ts';
import { isTimeZone } from '../../petitions/local-time.ts';
import { readMoment } from '../../petitions/organize/dates.ts';
import { hashtagList, line, lines, slug, slugFrom } from '../../petitions/organize/fields.ts';
import type { Problems } from '../../petitions/organize/form.ts';
import { languageWords, type Typed } from '../../petitions/organize/typed.ts';
import { type Language, languages } from '../../petitions/petition.ts';

export type CampaignForm = NonNullable<ReturnType<typeof readForm>>;
type Text = { title: string; summary: string; body: string; imageAlt: string };

const plainFields = z.object({
  slug,
  language: z.enum(languages, { error: 'Choose the main language.' }),
  hashtags: hashtagList,
  timeZone: z.string().refine(isTimeZone, { error: 'Choose a time zone from the list.' }),
  petitions: z
    .string()
    .default('')
    .transform((ids) => [...new Set(ids.split(' ').filter(Boolean))])
    .refine((ids) => ids.every((id) => /^[0-9a-f]{24}$/.test(id)), {
      error: 'One of the petitions is not there any more.',
    })
    .refine((ids) => ids.length <= campaignLimits.petitions, {
      error: `A campaign has at most ${campaignLimits.petitions} petitions.`,
    })
    .transform(
      (ids) =>
        ids.map((id) => (Types.ObjectId.isValid(id) ? new Types.ObjectId(id) : id)) as Types.ObjectId[],
    ),
});

const textFields = z.object({
  title: line(petitionLimits.title),
  summary: line(petitionLimits.summary),
  body: lines(campaignLimits.story),
  imageAlt: line(250),
});

/** Reads the whole form, or says what is wrong at each field. */
export function parseCampaignForm(
  typed: Typed,
): { outcome: 'read'; form: CampaignForm } | { outcome: 'refused'; problems: Problems } {
  const problems: Problems = {};
  const form = readForm(typed, problems);
  return form && Object.keys(problems).length === 0
    ? { outcome: 'read', form }
    : { outcome: 'refused', problems };
}

function readForm(typed: Typed, problems: Problems) {
  const parsed = plainFields.safeParse(typed);
  for (const { path, message } of parsed.error?.issues ?? []) problems[String(path[0])] ??= message;
  const main = languages.find((language) => language === typed.language) ?? 'en';
  const texts = readTexts(typed, main, problems);
  const dates = readDates(typed, problems);
  if (!parsed.data) return undefined;
  const { data } = parsed;
  return {
    ...{ texts, ...dates, language: data.language, timeZone: data.timeZone },
    ...{ hashtags: data.hashtags, petitions: data.petitions },
    slug: data.slug || slugFrom(texts[main]?.title ?? '').replace(/^petition$/, 'campaign'),
    isSlugSuggested: data.slug === '',
  };
}

/** The main language must be there whole; another one whole or not at all. */
function readTexts(typed: Typed, main: Language, problems: Problems): Partial<Record<Language, Text>> {
  const texts: Partial<Record<Language, Text>> = {};
  for (const language of languages) {
    const part = (name: keyof Text) => (typed[`${language}-${name}`] ?? '').trim();
    const isGiven = (['title', 'summary', 'body'] as const).some(part);
    if (language !== main && !isGiven) continue;
    const fields = {
      title: part('title'),
      summary: part('summary'),
      body: part('body'),
      imageAlt: part('imageAlt'),
    };
    const parsed = textFields.safeParse(fields);
    for (const { path, message } of parsed.error?.issues ?? [])
      problems[`${language}-${String(path[0])}`] ??= message;
    for (const [name, word] of missing)
      if (!part(name)) problems[`${language}-${name}`] ??= `Write the ${word} in ${languageWords[language]}.`;
    const hasPicture = Boolean(typed.picture && typed.removePicture !== 'on');
    if (hasPicture && !part('imageAlt'))
      problems[`${language}-imageAlt`] ??= `Say what the picture shows in ${languageWords[language]}.`;
    if (parsed.data) texts[language] = parsed.data;
  }
  return texts;
}

const missing = [
  ['title', 'title'],
  ['summary', 'summary'],
  ['body', 'story'],
] as const;

function readDates(typed: Typed, problems: Problems): { opensAt?: Date; closesAt?: Date } {
  const zone = typed.timeZone ?? 'UTC';
  const read = (name: 'opensAt' | 'closesAt'): Date | undefined => {
    const { at, problem } = readMoment(typed[name], zone, name === 'opensAt' ? 'first' : 'second');
    if (problem) problems[name] = problem;
    return at;
  };
  const [opensAt, closesAt] = [read('opensAt'), read('closesAt')];
  if (opensAt && closesAt && closesAt <= opensAt)
    problems.closesAt = 'It must end after it begins. Check both dates.';
  return { opensAt, closesAt };
}
