import { record } from '../../audit/entry.ts';
import type { Organizer } from '../../organizers/organizer.ts';
import { Petition } from '../../petitions/petition.ts';
import { Representative } from '../representative.ts';
import { currentTable } from '../table/table.ts';
import { type ReadSettings, readSettings, type SettingsProblems } from './form.ts';

/** What Represent calls the usual offices: https://represent.opennorth.ca/data/ */
const usualOffices = ['MP', 'MPP', 'MLA', 'MNA', 'MHA', 'Mayor', 'Maire', 'Councillor', 'Conseiller'];

/** The offices of the table that is used, each with its people. */
async function officesInTable(): Promise<{ office: string; people: number }[]> {
  const table = await currentTable();
  if (!table) return [];
  const counted = await Representative.aggregate<{ _id: string; people: number }>([
    { $match: { source: table._id.toHexString() } },
    { $group: { _id: '$office', people: { $sum: 1 } } },
    { $sort: { people: -1, _id: 1 } },
    { $limit: 50 },
  ]);
  return counted.map(({ _id, people }) => ({ office: _id, people }));
}

/** The part of a letter's page where organizers choose who its representatives are. */
export async function settingsView(
  { _id, representatives }: Pick<Petition, '_id' | 'representatives'>,
  typed?: Record<string, string>,
  problems?: SettingsProblems,
) {
  const provider = typed?.provider ?? representatives?.provider ?? 'none';
  const options = [
    { value: 'none', label: 'To no representatives' },
    { value: 'represent', label: 'Canadian representatives, from Open North’s Represent' },
    { value: 'table', label: 'Representatives from our own table' },
  ];
  return {
    action: `/organize/petitions/${_id.toHexString()}/representatives`,
    options: options.map((option) => ({ ...option, selected: option.value === provider })),
    offices: typed?.offices ?? (representatives?.offices ?? []).join('\n'),
    problems: problems ?? {},
    usualOffices: usualOffices.join(', '),
    inTable: await officesInTable(),
  };
}

/** Changes whose representatives a letter goes to, and writes it into the log. */
export async function changeSettings(
  { _id: petition }: Pick<Petition, '_id'>,
  { _id: organizer }: Pick<Organizer, '_id'>,
  typed: Record<string, string>,
): Promise<ReadSettings> {
  const known = (await officesInTable()).map(({ office }) => office);
  const read = readSettings(typed, known);
  if (read.outcome === 'refused') return read;
  const { wanted } = read;
  const { modifiedCount } = await Petition.updateOne(
    { _id: petition },
    wanted ? { $set: { representatives: wanted } } : { $unset: { representatives: 1 } },
  );
  if (modifiedCount === 1)
    await record({
      ...{ organizer, action: 'representatives.setting', petition },
      details: wanted ?? { provider: 'none' },
    });
  return read;
}
