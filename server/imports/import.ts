import { randomBytes } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type InferSchemaType, model, Schema, type Types } from 'mongoose';
import type { Env } from '../../config/env.ts';
import { fileLimits } from '../../config/limits.ts';

const schema = new Schema(
  {
    petition: { type: Schema.Types.ObjectId, required: true },
    organizer: { type: Schema.Types.ObjectId, required: true },
    at: { type: Date, required: true },
    /** The name of the file, which nobody can guess. It is UTF-8 whatever it was sent as. */
    file: { type: String, required: true },
    bytes: { type: Number, required: true },
    encoding: { type: String, required: true },
    delimiter: { type: String, required: true },
    /** When the file is deleted, unless it was before. */
    deleteAt: Date,
    /** Set once somebody began to read it in, so that it is read in once. */
    begunAt: Date,
    task: Schema.Types.ObjectId,
  },
  { versionKey: false, collection: 'imports' },
);
schema.index({ petition: 1, at: -1 });
schema.index({ deleteAt: 1 }, { sparse: true });

export type Import = InferSchemaType<typeof schema> & { _id: Types.ObjectId };
export const Import = model('Import', schema);

/** The folder for files that organizers sent; only this account can read it. */
export async function importFolder({ DATA_DIR }: Pick<Env, 'DATA_DIR'>): Promise<string> {
  const folder = join(DATA_DIR, 'imports');
  await mkdir(folder, { recursive: true, mode: 0o700 });
  return folder;
}

export const newFileName = (): string => randomBytes(16).toString('hex');
export const importPath = ({ DATA_DIR }: Pick<Env, 'DATA_DIR'>, { file }: Pick<Import, 'file'>): string =>
  join(DATA_DIR, 'imports', file);

/** When a file that was sent now is deleted. */
export const keptUntil = (now: Date): Date => new Date(now.getTime() + fileLimits.importKept * 1000);

export async function deleteImportFile(env: Pick<Env, 'DATA_DIR'>, given: Pick<Import, '_id' | 'file'>) {
  await rm(importPath(env, given), { force: true });
  await Import.updateOne({ _id: given._id }, { $unset: { deleteAt: 1 } });
}

/** Deletes the files whose time is over. */
export async function deleteOldImports(env: Pick<Env, 'DATA_DIR'>, now: Date): Promise<number> {
  const old = await Import.find({ deleteAt: { $lte: now } }, { file: 1 }).lean();
  for (const given of old) await deleteImportFile(env, given);
  return old.length;
}
