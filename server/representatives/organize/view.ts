import { representativeLimits } from '../../../config/limits.ts';
import { type Encoding, encodingNames } from '../../imports/encoding.ts';
import { formatDate, formatTime } from '../../locales.ts';
import type { Platform } from '../../platform.ts';
import { organizerNames } from '../../signatures/organize/people.ts';
import { Task } from '../../tasks/task.ts';
import { Representative } from '../representative.ts';
import type { Problem } from '../table/step.ts';
import { currentTable, listTables, RepresentativeArea, type RepresentativeTable } from '../table/table.ts';

const when = (date: Date): string => `${formatDate('en', date)}, ${formatTime('en', date)}`;

/** Every table there is, the latest first. */
export async function tablesView(platform: Pick<Platform, 'vault'>) {
  const [tables, current] = await Promise.all([listTables(), currentTable()]);
  const names = await organizerNames(
    platform,
    tables.map(({ organizer }) => organizer),
  );
  const views = tables.map((table) => lineView(table, current, names));
  const currentView = views.find(({ isCurrent }) => isCurrent);
  return { tables: views, current: currentView };
}

const lineView = (
  table: RepresentativeTable,
  current: RepresentativeTable | null,
  names: Map<string, string>,
) => ({
  id: table._id.toHexString(),
  at: when(table.at),
  by: names.get(String(table.organizer)),
  ...{ people: table.people, areas: table.areas, refused: table.refused },
  isRead: Boolean(table.readAt),
  isCurrent: Boolean(current?._id.equals(table._id)),
  usedAt: table.usedAt ? when(table.usedAt) : undefined,
  canBeUsed: Boolean(table.readAt) && table.people > 0 && !table.usedAt,
});

/** One table: what was read, what was left out, and the first of its people. */
export async function tableView(platform: Pick<Platform, 'vault'>, table: RepresentativeTable) {
  const source = table._id.toHexString();
  const [current, names, task, people, withoutAddress, offices] = await Promise.all([
    currentTable(),
    organizerNames(platform, [table.organizer]),
    Task.findById(table.task).lean<Task>(),
    Representative.find({ source })
      .sort({ _id: 1 })
      .limit(representativeLimits.found)
      .lean<Representative[]>(),
    Representative.countDocuments({ source, email: null }),
    Representative.distinct('office', { source }),
  ]);
  const areas = await RepresentativeArea.find({ table: source, key: { $in: people.map(({ key }) => key) } })
    .limit(1_000)
    .lean<RepresentativeArea[]>();
  const report = (task?.result as { report?: { problems: Problem[]; refused: number } } | undefined)?.report;
  return {
    ...lineView(table, current, names),
    encoding: encodingNames[table.encoding as Encoding],
    delimiter: { ',': 'commas', ';': 'semicolons', '\t': 'tabs', '|': 'bars' }[table.delimiter],
    task: task && { id: task._id.toHexString(), failure: task.failure, isOver: task.state === 'done' },
    ...{ withoutAddress, offices: offices.slice(0, 50) },
    some: people.map(({ key, name, office, district, email, title, party, language }) => ({
      ...{ name, office, district, email, party, title: title === office ? '' : title },
      language: language && { en: 'English', fr: 'French' }[language],
      codes: codesOf(areas.filter((area) => area.key.equals(key)).map(({ prefix }) => prefix)),
    })),
    more: table.people - people.length,
    problems: report?.problems ?? [],
    moreProblems: report ? report.refused - report.problems.length : 0,
  };
}

function codesOf(prefixes: string[]): string {
  const some = prefixes.slice(0, 3).join(', ');
  return prefixes.length > 3 ? `${some} and ${prefixes.length - 3} more` : some;
}
