import { createReadStream } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';

export type Encoding = 'utf-8' | 'utf-16le' | 'utf-16be' | 'windows-1252';

/** Names as people know them. */
export const encodingNames: Record<Encoding, string> = {
  'utf-8': 'UTF-8',
  'utf-16le': 'UTF-16',
  'utf-16be': 'UTF-16',
  'windows-1252': 'Latin-1',
};

/** A file that holds no text: a spreadsheet, a picture ... */
export class NotText extends Error {
  override name = 'NotText';
}

/**
 * Writes a text file anew as UTF-8 without a byte order mark, piece by piece. What is not valid UTF-8 is taken for
 * windows-1252, which Latin-1 is a part of (https://encoding.spec.whatwg.org/#names-and-labels). Throws
 * {@link NotText}.
 */
export async function rewriteAsUtf8(
  from: string,
  to: string,
): Promise<{ encoding: Encoding; bytes: number }> {
  const likely = await likelyEncoding(from);
  try {
    return { encoding: likely, bytes: await rewrite(from, to, likely) };
  } catch (error) {
    if (likely !== 'utf-8' || (error as { code?: string }).code !== 'ERR_ENCODING_INVALID_ENCODED_DATA')
      throw error;
    return { encoding: 'windows-1252', bytes: await rewrite(from, to, 'windows-1252') };
  }
}

/** By the byte order mark, or by where the zero bytes are: Latin letters in UTF-16 have one each. */
async function likelyEncoding(path: string): Promise<Encoding> {
  const start = await readStart(path, 512);
  if (start.subarray(0, 4).equals(Buffer.from('PK\x03\x04')) || start.subarray(0, 5).toString() === '%PDF-')
    throw new NotText();
  if (start[0] === 0xff && start[1] === 0xfe) return 'utf-16le';
  if (start[0] === 0xfe && start[1] === 0xff) return 'utf-16be';
  const zeros = [0, 0];
  for (const [index, byte] of start.entries()) if (byte === 0) zeros[index % 2] = (zeros[index % 2] ?? 0) + 1;
  const [even = 0, odd = 0] = zeros;
  const many = start.length / 4;
  if (odd > many && even === 0) return 'utf-16le';
  if (even > many && odd === 0) return 'utf-16be';
  return 'utf-8';
}

async function readStart(path: string, bytes: number): Promise<Buffer> {
  const file = await open(path);
  try {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(bytes), 0, bytes, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

async function rewrite(from: string, to: string, encoding: Encoding): Promise<number> {
  const decoder = new TextDecoder(encoding, { fatal: encoding === 'utf-8' });
  const file = await open(to, 'w', 0o600);
  try {
    let bytes = 0;
    for await (const chunk of createReadStream(from))
      bytes += await write(file, decoder.decode(chunk as Buffer, { stream: true }));
    return bytes + (await write(file, decoder.decode()));
  } finally {
    await file.close();
  }
}

async function write(file: FileHandle, text: string): Promise<number> {
  if (text.includes('\0')) throw new NotText();
  return text ? (await file.write(text)).bytesWritten : 0;
}
