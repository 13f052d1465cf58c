import { dashboardWork } from '../../config/limits.ts';
import { percentOf } from '../petitions/goal.ts';
import { type Petition, textIn } from '../petitions/petition.ts';
import { headlineView } from '../petitions/view.ts';
import { longDay, momentLabel } from './calendar.ts';
import { daysView, hoursView } from './charts-view.ts';
import { explanationsFor, type FactName, partExplanations, tallied } from './explanations.ts';
import type { Facts } from './facts.ts';
import { forecastView } from './forecast-view.ts';
import { mailView } from './mail-view.ts';
import { originView } from './origin-view.ts';
import { inCapital, numbers, type Row, share } from './words.ts';

/**
 * What moves on a dashboard, by the names the page gives its places. The event stream sends the object that the page
 * was made from, as JSON.
 */
export function liveView(petition: Petition, facts: Facts) {
  const timeZone = petition.timeZone ?? 'UTC';
  const hours = hoursView(facts, timeZone);
  const days = daysView(petition, facts, timeZone);
  const mail = mailView(facts.mail);
  const regions = originView('region', facts.regions, facts.count.confirmed);
  const sources = originView('source', facts.sources, facts.count.confirmed);
  const aim = isReports(petition) ? facts.official : facts.count.public;
  return {
    texts: {
      talliedAt: facts.talliedAt ? momentLabel(facts.talliedAt, timeZone) : 'not yet',
      ...factTexts(petition, facts, days.today),
      forecast: forecastView(petition, facts, days.full),
    },
    meters: { progress: aim ? percentOf(aim.count, aim.goal) : 0 },
    shows: {
      isEmpty: facts.count.confirmed === 0,
      hasConfirmed: facts.count.confirmed > 0,
      hasMail: mail.kinds.length > 0,
      noMail: mail.kinds.length === 0,
      hasReasons: mail.reasons.length > 0,
      hasCorrections: facts.corrections.length > 0,
      noCorrections: facts.corrections.length === 0,
      hasUpdates: facts.updates.length > 0,
      noUpdates: facts.updates.length === 0,
    },
    charts: { hours: hours.chart, days: days.chart },
    rows: {
      hours: hours.rows,
      days: days.rows,
      regions: regions.rows,
      sources: sources.rows,
      mail: mail.kinds,
      reasons: mail.reasons,
      corrections: facts.corrections.map(({ at, was, is }) => ({
        cells: [momentLabel(at, timeZone), numbers.format(was), numbers.format(is)],
      })),
      updates: facts.updates.map(({ title, kind, at }) => ({
        cells: [title, kind, momentLabel(at, timeZone)],
      })),
    } satisfies Record<string, Row[]>,
  };
}

type FactTexts = Record<FactName | `${FactName}Note` | 'waiting', string>;

/** The big numbers and the small print below each. */
function factTexts(petition: Petition, facts: Facts, today: number): FactTexts {
  const { count, official, states, asked, waiting } = facts;
  const values: Record<FactName, number | string> = {
    official: official?.count ?? '–',
    total: count.public.count,
    confirmed: count.confirmed,
    today,
    offline: count.offline,
    ...states,
    rate: asked.asked > 0 ? share(asked.confirmed, asked.asked) : '–',
  };
  const notes: Partial<Record<FactName, string>> = {
    official: official
      ? `of ${numbers.format(official.goal)}, on ${longDay(official.day)}`
      : 'No count was noted yet',
    total: isReports(petition) ? '' : `of ${numbers.format(count.public.goal)}`,
    rate:
      asked.asked > 0
        ? `${numbers.format(asked.confirmed)} of ${asked.isAll ? '' : 'the latest '}${numbers.format(asked.asked)} asked`
        : 'Nobody was asked more than a day ago',
  };
  const names = Object.keys(values) as FactName[];
  const texts = names.flatMap((name) => {
    const value = values[name];
    return [
      [name, typeof value === 'number' ? numbers.format(value) : value],
      [`${name}Note`, notes[name] ?? ''],
    ];
  });
  return { ...Object.fromEntries(texts), waiting: waitingInWords(waiting) };
}

/** Of an official petition people only tell that they have signed; the goal is of those who are counted there. */
const isReports = ({ kind }: Petition): boolean => kind === 'linked';

/** Never nothing: a line that came and went would move the page under the reader's eyes. */
function waitingInWords(waiting: number): string {
  if (waiting === 0) return 'Every signature that is confirmed is counted.';
  const orMore = waiting === dashboardWork.waiting ? ' or more' : '';
  return `${numbers.format(waiting)}${orMore} ${waiting === 1 ? 'signature is' : 'signatures are'} about to be counted.`;
}

/** The page: what moves, and what stays as long as the page does. */
export function dashboardView(petition: Petition, facts: Facts) {
  const live = liveView(petition, facts);
  const { texts } = live;
  const { title } = textIn(petition, petition.language);
  const id = petition._id.toHexString();
  const { opening, closing, phase } = headlineView(petition, 'en', facts.at);
  return {
    id,
    title,
    language: petition.language,
    isOpen: phase === 'open',
    phase: inCapital(phase),
    dates: [opening, closing].filter(Boolean).join(' '),
    timeZone: petition.timeZone ?? 'UTC',
    isPublic: phase !== 'draft',
    publicUrl: `/petitions/${petition.slug}`,
    eventsUrl: `/organize/petitions/${id}/events`,
    facts: explanationsFor(petition).map(([name, explanation], n) => ({
      name,
      ...explanation,
      isFirst: n === 0,
      isTallied: tallied.has(name),
      value: texts[name],
      note: texts[`${name}Note`],
    })),
    ledger: petition.ledger
      .toSorted((a, b) => b.at.getTime() - a.at.getTime())
      .map(({ at, source, number }) => ({ date: at, source, number })),
    asOf: asOf(petition, facts.at),
    what: partExplanations,
    allRegions: originView('region', facts.regions, facts.count.confirmed).all,
    allSources: originView('source', facts.sources, facts.count.confirmed).all,
    live,
  };
}

/** When the numbers were so, by the petition's clock. */
export const asOf = ({ timeZone }: Petition, at: Date): string => momentLabel(at, timeZone ?? 'UTC');
