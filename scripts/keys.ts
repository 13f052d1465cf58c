import { randomBytes } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

type Keys = { ENCRYPTION_KEYS: string; LOOKUP_KEY: string };

/**
 * The two secret keys of a machine that was given none: made once, kept in `DATA_DIR/keys.json` for its owner alone.
 * Whoever loses the file loses every name and address; whoever takes it with the data can read them.
 */
export async function localKeys(dataFolder: string): Promise<Keys> {
  const file = join(dataFolder, 'keys.json');
  try {
    return JSON.parse(await readFile(file, 'utf8')) as Keys;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  const key = () => randomBytes(32).toString('base64');
  const keys = { ENCRYPTION_KEYS: `k1:${key()}`, LOOKUP_KEY: key() };
  await mkdir(dataFolder, { recursive: true, mode: 0o700 });
  await writeFile(file, `${JSON.stringify(keys, null, 2)}\n`, { mode: 0o600, flag: 'wx' });
  return keys;
}
