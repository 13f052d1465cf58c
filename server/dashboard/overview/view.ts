import { momentLabel } from '../calendar.ts';
import { counted, inCapital, numbers } from '../words.ts';
import type { OverviewLine } from './overview.ts';
import type { People, PeopleCount } from './people.ts';

const path = '/organize/overview';

/** The query that asks for a selection; nothing for all. */
function queryOf(lines: readonly OverviewLine[], chosen: readonly OverviewLine[]): string {
  if (chosen.length === lines.length) return '';
  return `?${new URLSearchParams(chosen.map(({ id }): [string, string] => ['petition', id]))}`;
}

/** The address that shows a selection. */
export const overviewUrl = (lines: readonly OverviewLine[], chosen: readonly OverviewLine[]): string =>
  `${path}${queryOf(lines, chosen)}`;

/** What moves, by the names the page gives its places; see {@link ../view.ts}. */
export function overviewLive(
  lines: readonly OverviewLine[],
  chosen: readonly OverviewLine[],
  people: People,
) {
  const sum = (of: 'confirmed' | 'offline' | 'total' | 'today') =>
    chosen.reduce((total, line) => total + line[of], 0);
  const ofLines = lines.flatMap(({ id, today, total, goal, phase }) => [
    [`today-${id}`, numbers.format(today)],
    [`total-${id}`, numbers.format(total)],
    [`goal-${id}`, goal === undefined ? '–' : numbers.format(goal)],
    [`phase-${id}`, inCapital(phase)],
  ]);
  return {
    texts: {
      ...peopleTexts(people, sum('confirmed')),
      confirmed: numbers.format(sum('confirmed')),
      offline: numbers.format(sum('offline')),
      today: numbers.format(sum('today')),
      total: numbers.format(sum('total')),
      ...(Object.fromEntries(ofLines) as Record<string, string>),
    },
    shows: { mayCount: !people.counting && !(people.counted && isAtOnce(people.counted)) },
    ...{ meters: {}, charts: {}, rows: {} },
  };
}

/** All petitions, those that were chosen, and the people of those. */
export function overviewView(
  lines: readonly OverviewLine[],
  chosen: readonly OverviewLine[],
  people: People,
  now: Date,
) {
  const live = overviewLive(lines, chosen, people);
  const texts: Record<string, string> = live.texts;
  const columns = ['today', 'total', 'goal', 'phase'];
  return {
    asOf: overviewAsOf(now),
    lines: lines.map(({ id, title, language }, n) => ({
      ...{ id, title, language },
      chosen: chosen.includes(lines[n] as OverviewLine),
      cells: columns.map((column) => ({ name: `${column}-${id}`, text: texts[`${column}-${id}`] })),
    })),
    isAll: chosen.length === lines.length,
    of: chosen.length === lines.length ? 'all petitions' : counted(chosen.length, 'chosen petition'),
    petitions: chosen.map(({ id }) => id).join(),
    url: overviewUrl(lines, chosen),
    eventsUrl: `${path}/events${queryOf(lines, chosen)}`,
    taskUrl: people.counting && `/organize/tasks/${people.counting.task}`,
    live,
  };
}

export const overviewAsOf = (now: Date): string => momentLabel(now, 'UTC');

const isAtOnce = ({ from, to }: PeopleCount): boolean => from.getTime() === to.getTime();

/** How many, what that means, and how it was found. `confirmed` is the number of signatures now. */
function peopleTexts({ counted: count, counting }: People, confirmed: number) {
  const underWay = counting && `They are being told apart: ${counting.percent ?? 0}%.`;
  if (!count)
    return {
      people: '–',
      peopleNote: underWay ?? 'There are too many signatures to tell people apart while you wait.',
      peopleHow: '',
      ask: 'Count them',
    };
  return {
    people: numbers.format(count.people),
    peopleNote: `Behind ${counted(count.signatures, 'confirmed signature')}. ${repeatedInWords(count)}`,
    peopleHow: [isAtOnce(count) ? atOnceInWords : inTurnInWords(count, confirmed), underWay]
      .filter(Boolean)
      .join(' '),
    ask: 'Count again',
  };
}

const atOnceInWords = 'Told apart by their addresses, all at once, as of the time above.';

function inTurnInWords({ signatures, from, to }: PeopleCount, confirmed: number): string {
  const since = confirmed === signatures ? '' : ` By now ${numbers.format(confirmed)} are confirmed.`;
  return `Told apart by their addresses, one after the other, from ${momentLabel(from, 'UTC')} to ${momentLabel(to, 'UTC')}.${since}`;
}

function repeatedInWords({ people, signatures }: PeopleCount): string {
  const repeated = signatures - people;
  return repeated === 0
    ? 'Nobody signed two of them.'
    : `${numbers.format(repeated)} more than people: some signed two or more.`;
}
