import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import PostalMime, { type Email } from 'postal-mime';

const fileName = /^[a-z0-9]{32}\.eml$/;

export const outboxFolder = (dataFolder: string): string => join(dataFolder, 'outbox');

/** Keeps a mail (RFC 5322 bytes) as a file. The same Message-ID is the same file, so a repeated job keeps one. */
export async function keepMail(folder: string, messageId: string, message: Buffer): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const file = join(folder, `${createHash('sha256').update(messageId).digest('hex').slice(0, 32)}.eml`);
  await writeFile(`${file}.part`, message, { mode: 0o600 });
  await rename(`${file}.part`, file);
}

/** The newest mails, at most `limit`. */
export async function listMails(
  folder: string,
  limit = 100,
): Promise<{ id: string; at: Date; mail: Email }[]> {
  const names = (await readdir(folder).catch(() => [])).filter((name) => fileName.test(name));
  const files = await Promise.all(
    names.map(async (name) => ({ name, at: (await stat(join(folder, name))).mtime })),
  );
  const newest = files.sort((a, b) => b.at.getTime() - a.at.getTime()).slice(0, limit);
  return Promise.all(
    newest.map(async ({ name, at }) => ({
      id: name.slice(0, 32),
      at,
      mail: await parse(join(folder, name)),
    })),
  );
}

/** One mail; undefined where there is none of that name. */
export async function readMail(folder: string, id: string): Promise<{ at: Date; mail: Email } | undefined> {
  if (!fileName.test(`${id}.eml`)) return undefined;
  const file = join(folder, `${id}.eml`);
  const found = await stat(file).catch(() => undefined);
  return found && { at: found.mtime, mail: await parse(file) };
}

const parse = async (file: string): Promise<Email> => PostalMime.parse(await readFile(file));
