import type { Petition } from '../petitions/petition.ts';
import { countryOptions } from '../places.ts';
import type { Platform } from '../platform.ts';
import { organizerNames } from '../signatures/organize/people.ts';
import { momentIn } from '../signatures/organize/view.ts';
import { Signature } from '../signatures/signature.ts';
import { Task } from '../tasks/task.ts';
import { taskView } from '../tasks/view.ts';
import { type Encoding, encodingNames } from './encoding.ts';
import { Import, importPath } from './import.ts';
import { fieldNames, importFields, type Mapping } from './mapping.ts';
import { isBlank, readRecords } from './records.ts';
import { whichWereTakenBack } from './result/undo.ts';
import { readRow } from './row.ts';
import type { Report } from './step.ts';

const previewedRows = 10;
const listed = 20;

/** The header of a file and its first rows as they would be read. Throws ENOENT where the file is gone. */
export async function previewRows(platform: Platform, petition: Petition, given: Import, mapping?: Mapping) {
  const path = importPath(platform.env, given);
  const [header, ...records] = await readRecords(path, given.delimiter, { limit: previewedRows + 1 });
  const columns = header?.cells ?? [];
  if (!mapping) return { columns, rows: [] };
  const rows = records
    .filter((record) => !isBlank(record))
    .map((record) => ({ row: record.row, ...readRow(record, mapping, columns.length, new Date()) }));
  const known = await whoSigned(
    platform,
    petition,
    rows.flatMap((row) => (row.outcome === 'read' ? [row.person] : [])),
  );
  return {
    columns,
    rows: rows.map((row) =>
      row.outcome === 'refused'
        ? { row: row.row, problem: row.problem }
        : {
            row: row.row,
            ...row.person,
            email: row.person.email?.address,
            signedAt: row.person.signedAt?.toISOString().slice(0, 10),
            problem: known.has(keyOf(platform, row.person)) ? 'Signed this petition already.' : undefined,
          },
    ),
  };
}

type Identity = { name: string; postalCode: string; email?: { canonical: string } };
const keyOf = ({ vault }: Pick<Platform, 'vault'>, { email, name, postalCode }: Identity): string =>
  email ? vault.emailKey(email.canonical) : vault.paperKey(name, postalCode);

async function whoSigned(platform: Platform, petition: Petition, people: Identity[]): Promise<Set<string>> {
  const keys = people.map((person) => keyOf(platform, person));
  const found = await Signature.find(
    { petition: petition._id, emailKey: { $in: keys } },
    { emailKey: 1, state: 1, changedIn: 1 },
  ).lean<Signature[]>();
  const comeBack = await whichWereTakenBack(found);
  return new Set(found.flatMap(({ _id, emailKey }) => (comeBack.has(_id.toHexString()) ? [] : [emailKey])));
}

/** Two of one name are told apart by where they are. */
function columnName(columns: readonly string[], index: number): string {
  const name = columns[index]?.trim();
  if (!name) return `Column ${index + 1}`;
  const isAlone = columns.every((other, at) => at === index || other.trim() !== name);
  return isAlone ? name : `${name} (column ${index + 1})`;
}

/** The form that says which column holds what. */
export const mappingView = (mapping: Mapping, columns: readonly string[]) => ({
  fields: importFields.map((field) => ({
    field,
    name: fieldNames[field],
    columns: columns.map((_, index) => ({
      index,
      name: columnName(columns, index),
      selected: mapping[field] === index,
    })),
  })),
  dates: [
    { value: 'ymd', name: '2026-05-31', selected: mapping.dates === 'ymd' },
    { value: 'dmy', name: '31/05/2026', selected: mapping.dates === 'dmy' },
    { value: 'mdy', name: '05/31/2026', selected: mapping.dates === 'mdy' },
  ],
  countries: countryOptions('en', mapping.defaultCountry),
});

const delimiterNames: Record<string, string> = {
  ',': 'commas',
  ';': 'semicolons',
  '\t': 'tabs',
  '|': 'bars',
};

export const fileView = (petition: Petition, given: Import) => ({
  id: given._id.toHexString(),
  size: given.bytes < 10_000 ? `${given.bytes} bytes` : `${(given.bytes / 1_000_000).toFixed(2)} MB`,
  encoding: encodingNames[given.encoding as Encoding],
  delimiter: delimiterNames[given.delimiter],
  at: momentIn(petition, given.at),
});

/** The imports of a petition, the latest first. */
export async function listImports(platform: Platform, petition: Petition) {
  const imports = await Import.find({ petition: petition._id })
    .sort({ at: -1 })
    .limit(listed)
    .lean<Import[]>();
  const tasks = await Task.find({ _id: { $in: imports.flatMap(({ task }) => task ?? []) } }).lean<Task[]>();
  const names = await organizerNames(
    platform,
    imports.map(({ organizer }) => organizer),
  );
  return imports.map((given) => {
    const task = tasks.find(({ _id }) => given.task?.equals(_id));
    return {
      ...fileView(petition, given),
      by: names.get(String(given.organizer)),
      task: task && taskView(task),
      isWaiting: !given.begunAt && given.deleteAt !== undefined,
    };
  });
}

/** What came of an import, row by row. */
export async function reportOf(given: Import): Promise<Report | undefined> {
  const task = given.task && (await Task.findById(given.task).lean<Task>());
  return (task?.result as { report?: Report } | undefined)?.report;
}
