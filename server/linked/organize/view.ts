import { Types } from 'mongoose';
import { officialWork } from '../../../config/limits.ts';
import { calendarDay, formatDate, formatNumber, formatTime } from '../../locales.ts';
import { type Language, languages, languagesOf, type Petition } from '../../petitions/petition.ts';
import { listCounts } from '../counts.ts';
import type { Problems, Typed } from '../form.ts';
import { findOfficial, mainUrl, type Official, type ReadingFailure } from '../official.ts';
import { jsonUrlOf, siteOf } from '../site.ts';
import { stageOf, stages, stagesOf } from '../stages.ts';
import { clockView, noon } from '../view.ts';

const languageNames: Record<Language, string> = { en: 'English', fr: 'French' };
const stageNames = { certified: 'Certified', presented: 'Presented', answered: 'Answered' } as const;
const failureWords: Readonly<Record<ReadingFailure, string>> = {
  unreachable: 'The site could not be reached.',
  late: `The site did not answer within ${officialWork.timeout / 1000} seconds.`,
  refused: 'The site refused to answer.',
  notFound: 'The site knows no petition with this number. Check the address.',
  moved: 'The site sends us somewhere else; we do not follow.',
  tooLarge: 'The answer was too large to be read.',
  malformed: 'The answer was not what the site usually says.',
};

/** Which form of the page was refused: the petition, a count, the correction of an entry, or a stage. */
export type Refusal = {
  form: 'official' | 'count' | 'stage' | 'undo' | `correct:${string}`;
  typed: Typed;
  problems: Problems;
};
type Names = Map<string, string>;

/** Everything on the organizers' page of an official petition. */
export async function officialPageView(petition: Petition, names: Names, now: Date, refusal?: Refusal) {
  const [official, counts] = await Promise.all([findOfficial(petition), listCounts(petition)]);
  const zone = petition.timeZone ?? 'UTC';
  const mine = (form: Refusal['form']) => (refusal?.form === form ? refusal : undefined);
  return {
    official: formView(petition, official, mine('official')),
    reading: official && readingView(petition, official, now),
    today: calendarDay(now, zone),
    newCount: new Types.ObjectId().toHexString(),
    count: mine('count') ?? { typed: {}, problems: {} },
    counts: counts.map((entry) => countView(entry, names, mine(`correct:${entry._id}`))),
    ...stagesView(petition, now, refusal),
    clock: official ? clockView(petition, official, 'en', now) : undefined,
  };
}

/** The form, with what was typed or what is saved. */
function formView(petition: Petition, official: Official | null, refusal?: Refusal) {
  const typed = refusal?.typed;
  const problems = refusal?.problems ?? {};
  const saved = (value: string | null | undefined, name: string) => typed?.[name] ?? value ?? '';
  const url = mainUrl(official ?? { urls: {} }, petition);
  return {
    isSet: Boolean(official),
    revision: typed?.revision ?? official?.revision ?? 0,
    urls: byOwn(petition, languages).map((lang) => ({
      ...{ lang, name: languageNames[lang], isOwn: lang === petition.language },
      ...{ value: saved(official?.urls?.[lang], `url-${lang}`), error: problems[`url-${lang}`] },
    })),
    steps: languagesOf(petition).map((lang) => ({
      ...{ lang, name: languageNames[lang] },
      ...{ value: saved(official?.steps?.[lang], `steps-${lang}`), error: problems[`steps-${lang}`] },
    })),
    number: saved(official?.number, 'number'),
    sponsor: saved(official?.sponsor, 'sponsor'),
    opensOn: saved(official?.opensOn, 'opensOn'),
    closesOn: saved(official?.closesOn, 'closesOn'),
    thresholds: saved(thresholdsText(official), 'thresholds'),
    suggested: suggestion(url),
    reads: typed ? typed.reads === 'on' : official ? Boolean(official.nextReadAt) : true,
    site: siteOf(url)?.name.en,
    canRead: jsonUrlOf(url) !== undefined,
    problems,
    errorList: inOrder(problems),
  };
}

const short: Readonly<Record<string, string>> = { number: 'Number', sponsor: 'Sponsor' };
const order = ['url', 'number', 'sponsor', 'opensOn', 'closesOn', 'thresholds', 'steps'];

/** The problems from the top of the form to its end, each saying of which field it is. */
const inOrder = (problems: Problems) =>
  Object.entries(problems)
    .map(([field, message]) => ({ field, message: short[field] ? `${short[field]}: ${message}` : message }))
    .sort((a, b) => placeOf(a.field) - placeOf(b.field));
const placeOf = (field: string): number => order.indexOf(field.split('-')[0] ?? '');

const byOwn = ({ language }: Petition, all: readonly Language[]): Language[] =>
  [...all].sort((a, b) => Number(b === language) - Number(a === language));

const thresholdsText = (official: Official | null): string =>
  (official?.thresholds ?? []).map((number) => formatNumber('en', number)).join('; ');

const suggestion = (url: string): string | undefined =>
  siteOf(url)
    ?.thresholds.map((number) => formatNumber('en', number))
    .join('; ');

const moment = (at: Date, zone: string, now: Date): string =>
  `${formatDate('en', at, zone, now)}, ${formatTime('en', at, zone)}`;

/** How reading the count by itself goes. */
function readingView(petition: Petition, official: Official, now: Date) {
  const { nextReadAt, triedAt, read, failure } = official;
  const zone = petition.timeZone ?? 'UTC';
  const say = (at: Date | null | undefined) => (at ? moment(at, zone, now) : undefined);
  return {
    isOn: Boolean(nextReadAt),
    isDue: Boolean(nextReadAt && nextReadAt <= now),
    next: say(nextReadAt),
    tried: say(triedAt),
    state: read?.state,
    readAt: say(read?.at),
    failure: failure?.reason && {
      why: failureWords[failure.reason],
      since: say(failure.since),
      times: failure.times,
    },
  };
}

type Entry = Awaited<ReturnType<typeof listCounts>>[number];

function countView(entry: Entry, names: Names, refusal?: Refusal) {
  const { _id, first, corrections, organizer } = entry;
  const said = ({ count, day }: { count: number; day: string }) => ({
    count,
    day: formatDate('en', noon(day)),
  });
  return {
    ...{ id: _id, ...said(entry), by: organizer ? (names.get(String(organizer)) ?? 'somebody') : undefined },
    isRead: !organizer,
    first: said(first),
    seen: corrections.length,
    corrections: corrections.map((each) => ({
      ...said(each),
      ...{ why: each.why, by: names.get(String(each.organizer)), on: formatDate('en', each.recordedAt) },
    })),
    typed: refusal?.typed ?? { day: entry.day },
    problems: refusal?.problems ?? {},
    isOpen: Boolean(refusal),
  };
}

function stagesView(petition: Petition, now: Date, refusal?: Refusal) {
  const zone = petition.timeZone ?? 'UTC';
  const reached = stagesOf(petition);
  const typed = refusal?.form === 'stage' ? refusal.typed : {};
  const isReached = (stage: string) => reached.some(({ outcome }) => outcome === stage);
  const next = typed.stage ?? stages.find((stage) => !isReached(stage));
  return {
    stageNow: stageOf(petition),
    stageProblems: refusal?.form === 'stage' ? refusal.problems : {},
    undoProblems: refusal?.form === 'undo' ? { ...refusal.problems, stage: refusal.typed.stage } : {},
    stageTyped: typed,
    reached: reached.map((entry) => ({
      stage: entry.outcome,
      name: stageNames[entry.outcome as keyof typeof stageNames],
      on: formatDate('en', entry.at, zone, now),
      notes: languagesOf(petition).flatMap((lang) => entry.note?.[lang] ?? []),
    })),
    stageChoices: stages
      .filter((stage) => !isReached(stage))
      .map((value) => ({ value, label: stageNames[value], selected: value === next })),
    notes: languagesOf(petition).map((lang) => ({
      ...{ lang, name: `note-${lang}`, label: `Note in ${languageNames[lang]}` },
      ...{
        value: typed[`note-${lang}`],
        error: refusal?.form === 'stage' && refusal.problems[`note-${lang}`],
      },
    })),
  };
}
