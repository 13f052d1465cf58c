import { Types } from 'mongoose';
import { keyOf, Representative, stored, type Told } from '../../server/representatives/representative.ts';
import { RepresentativeArea, RepresentativeTable } from '../../server/representatives/table/table.ts';

const office = 'Valley councillor';
const councillor = (name: string, district: string, rest: Partial<Told> = {}): Told => ({
  ...{ name, district, office, title: 'Councillor', party: '', language: 'en' },
  email: `${name.toLowerCase().replaceAll(' ', '.')}@wendvalley.example.org`,
  ...rest,
});

/** Who sits for what codes begin with. In LK3 two districts meet, and one councillor has no address. */
const rows: [prefix: string, told: Told][] = [
  ['LK1', councillor('Imogen Sample', 'Larkmere North')],
  ['LK2', councillor('Desmond Sample', 'Larkmere Harbour', { language: 'fr' })],
  ['LK3', councillor('Imogen Sample', 'Larkmere North')],
  ['LK3', councillor('Desmond Sample', 'Larkmere Harbour', { language: 'fr' })],
  ['LK4', councillor('Petra Sample', 'The Island', { email: undefined })],
];

/** A table of representatives who do not exist, in use. */
export async function seedRepresentatives(now: Date): Promise<void> {
  const _id = new Types.ObjectId();
  const table = _id.toHexString();
  const people = rows.map(([, told]) => stored(table, keyOf('table', told), told));
  const distinct = [...new Map(people.map((person) => [person._id, person])).values()];
  await Representative.insertMany(distinct, { lean: true });
  await RepresentativeArea.insertMany(
    rows.map(([prefix, told]) => {
      const key = keyOf('table', told);
      return {
        _id: `${table}:${prefix}:${key.toHexString()}`,
        table,
        prefix,
        key,
        office,
        district: told.district,
      };
    }),
    { lean: true },
  );
  await RepresentativeTable.create({
    ...{
      _id,
      at: now,
      organizer: new Types.ObjectId(),
      file: 'sample',
      bytes: 1,
      encoding: 'utf-8',
      delimiter: ',',
    },
    ...{ columns: {}, width: 8, readAt: now, usedAt: now, people: distinct.length, areas: rows.length },
  });
}
