import { rename, rm } from 'node:fs/promises';
import type { Env } from '../../config/env.ts';
import { NotText, rewriteAsUtf8 } from './encoding.ts';
import { importPath, newFileName } from './import.ts';
import { findDelimiter } from './records.ts';

/** A file that was just sent, as UTF-8 at `path`. It stays, under the name `file`, only where `keep` was called. */
type Sent = {
  file: string;
  path: string;
  bytes: number;
  encoding: string;
  delimiter: string;
  keep(): Promise<void>;
};

/** Has a file that was just sent looked at, and deletes what nobody keeps. */
export async function takeIn<Taken>(
  env: Pick<Env, 'DATA_DIR'>,
  sent: string,
  look: (file: Sent) => Promise<Taken>,
): Promise<Taken | { outcome: 'refused'; problem: 'notText' }> {
  const file = newFileName();
  const kept = importPath(env, { file });
  const path = `${kept}.part`;
  try {
    const { encoding, bytes } = await rewriteAsUtf8(sent, path);
    const delimiter = await findDelimiter(path);
    return await look({ file, path, bytes, encoding, delimiter, keep: () => rename(path, kept) });
  } catch (error) {
    if (error instanceof NotText) return { outcome: 'refused', problem: 'notText' };
    throw error;
  } finally {
    await rm(sent, { force: true });
    await rm(path, { force: true });
  }
}
