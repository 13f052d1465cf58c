import { rename, rm } from 'node:fs/promises';
import { Types } from 'mongoose';
import { NotText, rewriteAsUtf8 } from '../../imports/encoding.ts';
import { importPath, newFileName } from '../../imports/import.ts';
import { findDelimiter, isBlank, readRecords } from '../../imports/records.ts';
import type { Organizer } from '../../organizers/organizer.ts';
import type { Platform } from '../../platform.ts';
import { beginTask } from '../../tasks/task.ts';
import { readColumns } from './columns.ts';
import { RepresentativeTable } from './table.ts';

export type Received =
  | { outcome: 'received'; id: Types.ObjectId }
  | { outcome: 'refused'; problem: 'empty' | 'noRows' | 'notText' | 'broken' }
  | { outcome: 'refused'; problem: 'columns'; missing: string[] };

export const tableTask = 'representativeTable';
export type TableInput = { table: string };

/** Takes a table in that was just sent, and has it read. What cannot be used is deleted at once. */
export async function receiveTable(
  platform: Pick<Platform, 'env' | 'queues'>,
  { _id: organizer }: Pick<Organizer, '_id'>,
  sent: string,
  now = new Date(),
): Promise<Received> {
  const file = newFileName();
  const path = importPath(platform.env, { file });
  try {
    const { encoding, bytes } = await rewriteAsUtf8(sent, `${path}.part`);
    const delimiter = await findDelimiter(`${path}.part`);
    const header = await readHeader(`${path}.part`, delimiter);
    if (header.outcome === 'refused') return header;
    await rename(`${path}.part`, path);
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
  } catch (error) {
    if (error instanceof NotText) return { outcome: 'refused', problem: 'notText' };
    throw error;
  } finally {
    await rm(sent, { force: true });
    await rm(`${path}.part`, { force: true });
  }
}

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
