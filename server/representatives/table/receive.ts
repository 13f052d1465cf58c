import { Types } from 'mongoose';
import { takeIn } from '../../imports/intake.ts';
import { isBlank, readRecords } from '../../imports/records.ts';
import type { Organizer } from '../../organizers/organizer.ts';
import type { Platform } from '../../platform.ts';
import { beginTask } from '../../tasks/task.ts';
import { readColumns } from './columns.ts';
import { RepresentativeTable } from './table.ts';

export type Received =
  | { outcome: 'received'; id: Types.ObjectId }
  | { outcome: 'refused'; problem: 'empty' | 'noRows' | 'notText' | 'broken' }
  | { outcome: 'refused'; problem: 'columns'; missing: string[] };

const tableTask = 'representativeTable';
export type TableInput = { table: string };

/** Takes a table in that was just sent, and has it read. What cannot be used is deleted at once. */
export const receiveTable = (
  platform: Pick<Platform, 'env' | 'queues'>,
  { _id: organizer }: Pick<Organizer, '_id'>,
  sent: string,
  now = new Date(),
): Promise<Received> =>
  takeIn(platform.env, sent, async ({ file, path, bytes, encoding, delimiter, keep }) => {
    const header = await readHeader(path, delimiter);
    if (header.outcome === 'refused') return header;
    await keep();
    const _id = new Types.ObjectId();
    const task = new Types.ObjectId();
    const { columns, width } = header;
    await RepresentativeTable.create({
      ...{ _id, at: now, organizer, file, bytes, encoding, delimiter, columns, width, task },
    });
    const input: TableInput = { table: _id.toHexString() };
    await beginTask(platform, {
      ...{ _id: task, kind: tableTask, title: 'Read a table of representatives', organizer, input },
      needs: 'representatives.change',
    });
    return { outcome: 'received', id: _id };
  });

type Header = { outcome: 'read'; columns: object; width: number } | Extract<Received, { outcome: 'refused' }>;

async function readHeader(path: string, delimiter: string): Promise<Header> {
  const records = await readRecords(path, delimiter, { limit: 20 }).catch(() => undefined);
  if (!records) return { outcome: 'refused', problem: 'broken' };
  const [header, ...rows] = records;
  if (!header || records.every(isBlank)) return { outcome: 'refused', problem: 'empty' };
  const { columns, missing } = readColumns(header.cells);
  if (missing.length > 0) return { outcome: 'refused', problem: 'columns', missing };
  if (rows.every(isBlank)) return { outcome: 'refused', problem: 'noRows' };
  return { outcome: 'read', columns, width: header.cells.length };
}
