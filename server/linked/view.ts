import type { Types } from 'mongoose';
import { calendarDay, formatDate, formatNumber, inWords, translate } from '../locales.ts';
import { goalAt, percentOf } from '../petitions/goal.ts';
import type { Language, Petition } from '../petitions/petition.ts';
import { phaseOf } from '../petitions/phase.ts';
import { type Entry, latestCounts, listCounts } from './counts.ts';
import { findOfficial, inLanguageOf, mainUrl, Official } from './official.ts';
import { siteNameOf, siteOf } from './site.ts';
import { clockOf, stageOf, stages } from './stages.ts';

/** How many counts a public page lists. */
const listed = 12;

/** A day of the calendar, for the formatters: noon is the same day nearly everywhere. */
export const noon = (day: string): Date => new Date(`${day}T12:00:00Z`);
const dayInWords = (lang: Language, day: string, now: Date) => formatDate(lang, noon(day), 'UTC', now);

/** The days it opens and closes officially: as organizers say, or else as the site says. */
const officialDays = ({ opensOn, closesOn, read }: Official) => ({
  opensOn: opensOn ?? read?.opensOn ?? undefined,
  closesOn: closesOn ?? read?.closesOn ?? undefined,
});

/** Whether it can no longer be signed there. */
function isOverThere(petition: Petition, official: Official, now: Date): boolean {
  const { closesOn } = officialDays(official);
  const said = official.read?.state;
  const isPast = closesOn !== undefined && closesOn < calendarDay(now, petition.timeZone ?? 'UTC');
  return (
    isPast || (said !== undefined && said !== null && said !== 'open') || stageOf(petition) !== 'gathering'
  );
}

/** Everything the public page says of the official petition; undefined where organizers have not said what it is. */
export async function officialView(petition: Petition, lang: Language, now: Date) {
  if (petition.kind !== 'linked') return undefined;
  const official = await findOfficial(petition);
  return official ? viewOf(petition, official, await listCounts(petition), lang, now) : undefined;
}

function viewOf(petition: Petition, official: Official, counts: Entry[], lang: Language, now: Date) {
  const { opensOn, closesOn } = officialDays(official);
  const [latest] = counts;
  const day = (date: string) => dayInWords(lang, date, now);
  const isOver = isOverThere(petition, official, now);
  const phase = phaseOf(petition, now);
  const isKnownOpen = !isOver && (closesOn !== undefined || official.read?.state === 'open');
  const isLive = !isOver && phase === 'open';
  const isLeftOpen = isKnownOpen && phase === 'closed';
  return {
    ...whereIt(petition, official, lang),
    sponsor: official.sponsor,
    number: official.number,
    opensOn: opensOn && day(opensOn),
    closesOn: closesOn && day(closesOn),
    isOver,
    hasClosed: closesOn !== undefined && closesOn < calendarDay(now, petition.timeZone ?? 'UTC'),
    isLive,
    /** We no longer ask who has signed, and it can be signed there all the same. */
    isLeftOpen,
    canBeSigned: isLive || isLeftOpen,
    deadline: isOver ? undefined : deadline(petition, closesOn, lang, now),
    count: latest && countView(petition, official, latest, { lang, now, isOver }),
    counts: counts.slice(0, listed).map((entry) => ({ day: day(entry.day), count: entry.count })),
    hasHistory: counts.length > 1,
    thresholds: thresholdsView(petition, official, latest?.count, lang),
    steps: stepsView(petition, official, lang),
    ...stagesView(petition, official, lang, now),
  };
}

/** The official page, and whose it is. */
function whereIt(petition: Petition, official: Official, lang: Language) {
  const url = inLanguageOf(official.urls, petition, lang) ?? '';
  const site = siteOf(url) ?? siteOf(mainUrl(official, petition));
  return {
    url,
    host: URL.parse(url)?.hostname ?? '',
    siteName: site?.name[lang] ?? URL.parse(url)?.hostname ?? '',
  };
}

/** The number it should reach: the organizers' own goal, else the next threshold, else the next step of the ladder. */
export function officialGoal(
  petition: Pick<Petition, 'goal'>,
  { thresholds }: Official,
  count: number,
): number {
  if (petition.goal?.kind === 'fixed' && petition.goal.number) return petition.goal.number;
  return thresholds.find((threshold) => threshold > count) ?? goalAt(petition, count);
}

/** `1,800 signatures on 3 August; 1,200 to go before 4 September`, in parts. */
function countView(
  petition: Petition,
  official: Official,
  { count, day }: Entry,
  { lang, now, isOver }: { lang: Language; now: Date; isOver: boolean },
) {
  const goal = officialGoal(petition, official, count);
  const { closesOn } = officialDays(official);
  const remaining = Math.max(0, goal - count);
  const values = { number: formatNumber(lang, remaining), goal: formatNumber(lang, goal) };
  const says = () => {
    if (count >= goal) return translate(lang, 'linked.count.reached', values);
    if (isOver) return translate(lang, 'linked.count.missed', values);
    if (!closesOn) return translate(lang, 'linked.count.toGo', values);
    return translate(lang, 'linked.count.toGoBefore', { ...values, date: dayInWords(lang, closesOn, now) });
  };
  return {
    count,
    asOf: translate(lang, 'linked.count.asOf', { date: dayInWords(lang, day, now), count }),
    goal: translate(lang, 'linked.count.goal', values),
    toGo: says(),
    percent: percentOf(count, goal),
    reached: count >= goal,
  };
}

function deadline(petition: Petition, closesOn: string | undefined, lang: Language, now: Date) {
  if (!closesOn) return undefined;
  const values = { date: dayInWords(lang, closesOn, now), inWords: untilDay(petition, closesOn, lang, now) };
  return translate(lang, 'linked.deadline', values);
}

/** `in 12 days`, counted in days of the calendar where the petition is. */
function untilDay({ timeZone }: Petition, day: string, lang: Language, now: Date): string {
  return inWords(lang, noon(day), noon(calendarDay(now, timeZone ?? 'UTC')), 'UTC');
}

function thresholdsView(petition: Petition, official: Official, count: number | undefined, lang: Language) {
  const name = siteNameOf(mainUrl(official, petition));
  return official.thresholds.map((threshold) => {
    const isKnown = name && (siteOf(mainUrl(official, petition))?.thresholds ?? []).includes(threshold);
    return {
      number: threshold,
      what: translate(lang, isKnown ? `linked.threshold.${name}.${threshold}` : 'linked.threshold.other'),
      isReached: count !== undefined && count >= threshold,
    };
  });
}

/** How one signs there: the organizers' words, or the usual steps of the site. */
function stepsView(petition: Petition, official: Official, lang: Language): string[] {
  const own = inLanguageOf(official.steps, petition, lang);
  if (own) return own.split('\n').flatMap((step) => step.trim() || []);
  const name = siteNameOf(mainUrl(official, petition)) ?? 'other';
  return ['1', '2', '3'].map((step) => translate(lang, `linked.steps.${name}.${step}`));
}

function stagesView(petition: Petition, official: Official, lang: Language, now: Date) {
  const present = stageOf(petition);
  const zone = petition.timeZone ?? 'UTC';
  const reached = stages.map((stage) => {
    const entry = petition.history.find(({ outcome }) => outcome === stage);
    return {
      label: translate(lang, `linked.stage.${stage}`),
      date: entry && formatDate(lang, entry.at, zone, now),
      isDone: Boolean(entry),
      isNow: stage === present,
    };
  });
  const isGathering = present === 'gathering';
  const gathering = { label: translate(lang, 'linked.stage.gathering'), isDone: true, isNow: isGathering };
  return { stages: [gathering, ...reached], clock: clockView(petition, official, lang, now) };
}

/** The time for an answer in a sentence. */
export function clockView(petition: Petition, official: Official, lang: Language, now: Date) {
  const clock = clockOf(petition, official, now);
  if (!clock) return undefined;
  const { state, days, dueOn, within } = clock;
  const values = { within, count: days, date: dayInWords(lang, dueOn, now) };
  const isLate = state === 'late' || (state === 'answered' && days > within);
  if (state === 'running' && days === 0)
    return { isLate, text: translate(lang, 'linked.clock.today', values) };
  return { isLate, text: translate(lang, `linked.clock.${state}`, values) };
}

/** What a list says of official petitions, by the petitions' ids. */
export async function officialCards(
  petitions: readonly Petition[],
  lang: Language,
  now: Date,
): Promise<Map<string, { siteName: string; count?: ReturnType<typeof countView> }>> {
  const linked = petitions.filter(({ kind }) => kind === 'linked');
  const ids: Types.ObjectId[] = linked.map(({ _id }) => _id);
  if (ids.length === 0) return new Map();
  const [officials, latest] = await Promise.all([
    Official.find({ _id: { $in: ids } }).lean<Official[]>(),
    latestCounts(ids),
  ]);
  return new Map(
    officials.flatMap((official) => {
      const petition = linked.find(({ _id }) => _id.equals(official._id));
      if (!petition) return [];
      const id = petition._id.toHexString();
      const count = latest.get(id);
      const isOver = isOverThere(petition, official, now);
      const shown = count && countView(petition, official, count, { lang, now, isOver });
      return [[id, { siteName: whereIt(petition, official, lang).siteName, count: shown }] as const];
    }),
  );
}
