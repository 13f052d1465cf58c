import { open } from 'node:fs/promises';

/** What was written before is no longer there. */
export class FileIsGone extends Error {
  override name = 'FileIsGone';
}

/**
 * Writes at a place in a file, and cuts off what was there: a step that runs again after a crash writes over what the
 * first run left. Only this account can read the file. Resolves once the bytes are on the disk.
 */
export async function writeAt(path: string, offset: number, chunks: AsyncIterable<Buffer>): Promise<number> {
  const file = await open(path, 'a+', 0o600).then(async (made) => {
    await made.close();
    return open(path, 'r+');
  });
  try {
    const { size } = await file.stat();
    if (size < offset) throw new FileIsGone();
    await file.truncate(offset);
    let at = offset;
    for await (const chunk of chunks) {
      await file.write(chunk, 0, chunk.length, at);
      at += chunk.length;
    }
    await file.sync();
    return at;
  } finally {
    await file.close();
  }
}
