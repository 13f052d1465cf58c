import { momentLabel } from '../calendar.ts';
import { counted, inCapital, numbers } from '../words.ts';
import type { OverviewLine } from './overview.ts';
import type { People } from './people.ts';

/** The address that shows a selection. */
export function overviewUrl(lines: readonly OverviewLine[], chosen: readonly OverviewLine[]): string {
  const which = new URLSearchParams(chosen.map(({ id }): [string, string] => ['petition', id]));
  return `/organize/overview${chosen.length < lines.length ? `?${which}` : ''}`;
}

/** All petitions, those that were chosen, and the people of those. */
export function overviewView(
  lines: readonly OverviewLine[],
  chosen: readonly OverviewLine[],
  people: People,
  now: Date,
) {
  const sum = (of: 'confirmed' | 'offline' | 'total' | 'today') =>
    chosen.reduce((total, line) => total + line[of], 0);
  return {
    asOf: momentLabel(now, 'UTC'),
    lines: lines.map((line) => ({
      ...line,
      phase: inCapital(line.phase),
      chosen: chosen.includes(line),
    })),
    isAll: chosen.length === lines.length,
    of: chosen.length === lines.length ? 'all petitions' : counted(chosen.length, 'chosen petition'),
    sums: { confirmed: sum('confirmed'), offline: sum('offline'), total: sum('total'), today: sum('today') },
    people: peopleView(people, sum('confirmed')),
    petitions: chosen.map(({ id }) => id).join(),
    url: overviewUrl(lines, chosen),
  };
}

function peopleView(people: People, confirmed: number) {
  if (people.outcome === 'unknown') return { isUnknown: true, ask: 'Count them' };
  if (people.outcome === 'counting')
    return {
      isCounting: true,
      taskUrl: `/organize/tasks/${people.task}`,
      progressUrl: `/organize/tasks/${people.task}/progress.json`,
    };
  const { from, to } = people;
  const atOnce = to.getTime() === from.getTime();
  const repeated = Math.max(0, confirmed - people.people);
  return {
    isCounted: true,
    number: numbers.format(people.people),
    ask: atOnce ? undefined : 'Count again',
    asOf: atOnce ? momentLabel(to, 'UTC') : `${momentLabel(from, 'UTC')} to ${momentLabel(to, 'UTC')}`,
    repeated:
      repeated === 0
        ? 'Nobody signed two of them.'
        : `${counted(repeated, 'signature')} more than people: some signed two or more.`,
  };
}
