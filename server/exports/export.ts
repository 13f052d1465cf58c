import { randomBytes } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type InferSchemaType, model, Schema, type Types } from 'mongoose';
import type { Env } from '../../config/env.ts';
import { fileLimits } from '../../config/limits.ts';

export const exportKinds = ['csv', 'xlsx', 'pdf'] as const;
export type ExportKind = (typeof exportKinds)[number];

const schema = new Schema(
  {
    petition: { type: Schema.Types.ObjectId, required: true },
    organizer: { type: Schema.Types.ObjectId, required: true },
    at: { type: Date, required: true },
    kind: { type: String, enum: exportKinds, required: true },
    /** Which signatures: keyed hashes and days, never personal data. */
    which: { type: Schema.Types.Mixed, required: true },
    columns: [String],
    why: { type: String, required: true },
    /** How its files begin: a name nobody can guess. */
    file: { type: String, required: true },
    /** Its files, once they are whole. */
    parts: [{ _id: false, bytes: Number }],
    task: Schema.Types.ObjectId,
    readyAt: Date,
    /** From when it cannot be downloaded any more, and its files go. Before it is ready, when it counts as left behind. */
    expiresAt: { type: Date, required: true },
    deletedAt: Date,
  },
  { versionKey: false, minimize: false, collection: 'exports' },
);
schema.index({ petition: 1, at: -1 });
schema.index({ deletedAt: 1, expiresAt: 1 });

export type Export = InferSchemaType<typeof schema> & { _id: Types.ObjectId };
export const Export = model('Export', schema);

type Folder = Pick<Env, 'DATA_DIR'>;

export const newExportFile = (): string => randomBytes(16).toString('hex');
export const keptUntil = (now: Date): Date => new Date(now.getTime() + fileLimits.exportKept * 1000);

/** Where a part of an export is; the folder is made where it is missing, for this account alone. */
export async function partPath({ DATA_DIR }: Folder, { file, kind }: Export, part = 0): Promise<string> {
  const folder = join(DATA_DIR, 'exports');
  await mkdir(folder, { recursive: true, mode: 0o700 });
  return join(folder, `${file}.${part + 1}.${kind}`);
}

/** It can be downloaded from now on, for a day. */
export async function markReady({ _id }: Export, parts: { bytes: number }[], now: Date): Promise<void> {
  await Export.updateOne(
    { _id, deletedAt: null },
    { $set: { parts, readyAt: now, expiresAt: keptUntil(now) } },
  );
}

/** Deletes the files of the exports whose time is over. */
export async function deleteOldExports(env: Folder, now: Date): Promise<number> {
  const old = await Export.find({ deletedAt: null, expiresAt: { $lte: now } }).lean<Export[]>();
  for (const made of old) {
    await deleteFiles(env, made);
    await Export.updateOne({ _id: made._id }, { $set: { deletedAt: now } });
  }
  return old.length;
}

async function deleteFiles(env: Folder, made: Export): Promise<void> {
  // One that was left behind may have parts it never told of.
  for (let part = 0; part < made.parts.length + 1_000; part += 1) {
    const path = await partPath(env, made, part);
    const isThere = await rm(path).then(
      () => true,
      (error: NodeJS.ErrnoException) => {
        if (error.code !== 'ENOENT') throw error;
        return false;
      },
    );
    if (!isThere && part >= made.parts.length) return;
  }
}
