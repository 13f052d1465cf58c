import { constants, crc32, deflateRawSync } from 'node:zlib';

/**
 * A file in an archive that is written piece by piece, and can be gone on with by another process: everything it takes
 * is in here (https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT, 4.3 and 4.4).
 */
export type ZipEntry = { name: string; start: number; crc: number; size: number; compressed: number };

const version = 20;
/** Sizes follow the data, and names are UTF-8. */
const flags = 0x0808;
const deflated = 8;
/** 1980-01-01, the earliest a date can be: it says nothing. */
const date = 0x0021;
const largest = 0xffff_ffff;

export class ZipTooLarge extends Error {
  override name = 'ZipTooLarge';
}

/** Begins a file at a place in the archive. */
export function beginEntry(name: string, start: number): { entry: ZipEntry; bytes: Buffer } {
  const bytes = Buffer.alloc(30);
  bytes.writeUInt32LE(0x04034b50, 0);
  writeHead(bytes, 4);
  bytes.writeUInt16LE(Buffer.byteLength(name), 26);
  return {
    entry: { name, start, crc: 0, size: 0, compressed: 0 },
    bytes: Buffer.concat([bytes, Buffer.from(name)]),
  };
}

/** A further piece. Each ends on a whole byte, so that the next can be made without remembering this one. */
export function addToEntry(entry: ZipEntry, text: string): { entry: ZipEntry; bytes: Buffer } {
  const data = Buffer.from(text);
  const bytes = deflateRawSync(data, { finishFlush: constants.Z_SYNC_FLUSH });
  const size = entry.size + data.length;
  const compressed = entry.compressed + bytes.length;
  if (size > largest || entry.start + compressed > largest) throw new ZipTooLarge();
  return { entry: { ...entry, crc: crc32(data, entry.crc), size, compressed }, bytes };
}

/** An empty last block, and what the file came to. */
export function endEntry(entry: ZipEntry): { entry: ZipEntry; bytes: Buffer } {
  const ended = { ...entry, compressed: entry.compressed + 2 };
  const bytes = Buffer.alloc(2 + 16);
  bytes.writeUInt16LE(0x0003, 0);
  bytes.writeUInt32LE(0x08074b50, 2);
  writeSizes(bytes, 6, ended);
  return { entry: ended, bytes };
}

/** The list of files that an archive ends with. `start` is where it begins. */
export function endZip(entries: readonly ZipEntry[], start: number): Buffer {
  const list = Buffer.concat(entries.map(listed));
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(entries.length, 8);
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(list.length, 12);
  end.writeUInt32LE(start, 16);
  return Buffer.concat([list, end]);
}

function listed(entry: ZipEntry): Buffer {
  const bytes = Buffer.alloc(46);
  bytes.writeUInt32LE(0x02014b50, 0);
  bytes.writeUInt16LE(version, 4);
  writeHead(bytes, 6);
  writeSizes(bytes, 16, entry);
  bytes.writeUInt16LE(Buffer.byteLength(entry.name), 28);
  bytes.writeUInt32LE(entry.start, 42);
  return Buffer.concat([bytes, Buffer.from(entry.name)]);
}

function writeHead(bytes: Buffer, at: number): void {
  for (const [index, value] of [version, flags, deflated, 0, date].entries())
    bytes.writeUInt16LE(value, at + 2 * index);
}

function writeSizes(bytes: Buffer, at: number, { crc, compressed, size }: ZipEntry): void {
  for (const [index, value] of [crc, compressed, size].entries()) bytes.writeUInt32LE(value, at + 4 * index);
}
