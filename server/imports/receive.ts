import { rename, rm } from 'node:fs/promises';
import { Types } from 'mongoose';
import type { Organizer } from '../organizers/organizer.ts';
import type { Petition } from '../petitions/petition.ts';
import type { Platform } from '../platform.ts';
import { parseAddress } from '../signers/address.ts';
import { NotText, rewriteAsUtf8 } from './encoding.ts';
import { Import, importPath, keptUntil, newFileName } from './import.ts';
import { findDelimiter, isBlank, readRecords } from './records.ts';

export type Received =
  | { outcome: 'received'; id: Types.ObjectId }
  | { outcome: 'refused'; problem: 'empty' | 'noRows' | 'notText' | 'noHeader' | 'broken' };

/** Takes a file in that was just sent: as UTF-8, with the separator it uses. What cannot be used is deleted at once. */
export async function receiveImport(
  { env }: Pick<Platform, 'env'>,
  petition: Petition,
  organizer: Organizer,
  sent: string,
  now = new Date(),
): Promise<Received> {
  const file = newFileName();
  const path = importPath(env, { file });
  try {
    const { encoding, bytes } = await rewriteAsUtf8(sent, `${path}.part`);
    const delimiter = await findDelimiter(`${path}.part`);
    const problem = bytes === 0 ? 'empty' : await problemOf(`${path}.part`, delimiter);
    if (problem) return { outcome: 'refused', problem };
    const _id = new Types.ObjectId();
    await Import.create({
      ...{ _id, petition: petition._id, organizer: organizer._id, at: now, deleteAt: keptUntil(now) },
      ...{ file, bytes, encoding, delimiter },
    });
    await rename(`${path}.part`, path);
    return { outcome: 'received', id: _id };
  } catch (error) {
    if (error instanceof NotText) return { outcome: 'refused', problem: 'notText' };
    throw error;
  } finally {
    await rm(sent, { force: true });
    await rm(`${path}.part`, { force: true });
  }
}

async function problemOf(path: string, delimiter: string) {
  const records = await readRecords(path, delimiter, { limit: 20 }).catch(() => undefined);
  if (!records) return 'broken';
  const [header, ...rows] = records;
  if (!header || records.every(isBlank)) return 'empty';
  if (header.cells.some((cell) => parseAddress(cell))) return 'noHeader';
  return rows.every(isBlank) ? 'noRows' : undefined;
}
