import { Types } from 'mongoose';
import type { Organizer } from '../organizers/organizer.ts';
import type { Petition } from '../petitions/petition.ts';
import type { Platform } from '../platform.ts';
import { parseAddress } from '../signers/address.ts';
import { Import, keptUntil } from './import.ts';
import { takeIn } from './intake.ts';
import { isBlank, readRecords } from './records.ts';

type Received =
  | { outcome: 'received'; id: Types.ObjectId }
  | { outcome: 'refused'; problem: 'empty' | 'noRows' | 'notText' | 'noHeader' | 'broken' };

/** Takes a file in that was just sent: as UTF-8, with the separator it uses. What cannot be used is deleted at once. */
export const receiveImport = (
  { env }: Pick<Platform, 'env'>,
  petition: Petition,
  organizer: Organizer,
  sent: string,
  now = new Date(),
): Promise<Received> =>
  takeIn(env, sent, async ({ file, path, bytes, encoding, delimiter, keep }) => {
    const problem = bytes === 0 ? 'empty' : await problemOf(path, delimiter);
    if (problem) return { outcome: 'refused', problem };
    const _id = new Types.ObjectId();
    await Import.create({
      ...{ _id, petition: petition._id, organizer: organizer._id, at: now, deleteAt: keptUntil(now) },
      ...{ file, bytes, encoding, delimiter },
    });
    await keep();
    return { outcome: 'received', id: _id };
  });

async function problemOf(path: string, delimiter: string) {
  const records = await readRecords(path, delimiter, { limit: 20 }).catch(() => undefined);
  if (!records) return 'broken';
  const [header, ...rows] = records;
  if (!header || records.every(isBlank)) return 'empty';
  if (header.cells.some((cell) => parseAddress(cell))) return 'noHeader';
  return rows.every(isBlank) ? 'noRows' : undefined;
}
