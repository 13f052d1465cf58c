import { deserialize } from 'bson';
import { RawBatch } from './cursors.ts';
import { type Doc, decode, encode } from './values.ts';

/** MongoDB's wire protocol: https://github.com/mongodb/specifications/blob/master/source/message/OP_MSG.md */
const OP_REPLY = 1;
const OP_QUERY = 2004;
const OP_MSG = 2013;

const HEADER = 16;
export const LARGEST_MESSAGE = 48_000_000;

const CHECKSUM_PRESENT = 1;
const MORE_TO_COME = 2;
const REQUIRED_BITS = 0xffff;

export type Message = {
  requestId: number;
  /** Arrived as the legacy OP_QUERY of an old handshake, and is answered with OP_REPLY. */
  legacy: boolean;
  /** The client wants no answer (`w: 0`). */
  silent: boolean;
  command: Doc;
  /** The documents of `insert` (and of any document sequence), as they came. */
  sequences: Map<string, Buffer[]>;
};

/** Bytes that are not a message of the protocol: the connection cannot go on. */
class MalformedMessage extends Error {}

/** Takes whole messages off the front of what has arrived; undefined until one is complete. */
export function nextMessage(received: Buffer): { message: Buffer; rest: Buffer } | undefined {
  if (received.length < 4) return undefined;
  const length = received.readInt32LE(0);
  if (length < HEADER || length > LARGEST_MESSAGE) throw new MalformedMessage(`message length ${length}`);
  if (received.length < length) return undefined;
  return { message: received.subarray(0, length), rest: received.subarray(length) };
}

export function parseMessage(bytes: Buffer): Message {
  try {
    const requestId = bytes.readInt32LE(4);
    const opCode = bytes.readInt32LE(12);
    if (opCode === OP_MSG) return { requestId, legacy: false, ...parseBody(bytes) };
    if (opCode === OP_QUERY)
      return { requestId, legacy: true, silent: false, sequences: new Map(), command: parseQuery(bytes) };
    throw new MalformedMessage(`operation ${opCode}`);
  } catch (failure) {
    if (failure instanceof MalformedMessage) throw failure;
    throw new MalformedMessage(failure instanceof Error ? failure.message : String(failure));
  }
}

function parseBody(bytes: Buffer): Pick<Message, 'silent' | 'command' | 'sequences'> {
  const flags = bytes.readUInt32LE(HEADER);
  if (flags & REQUIRED_BITS & ~(CHECKSUM_PRESENT | MORE_TO_COME))
    throw new MalformedMessage(`flags ${flags}`);
  const end = bytes.length - (flags & CHECKSUM_PRESENT ? 4 : 0);
  if (flags & CHECKSUM_PRESENT && crc32c(bytes.subarray(0, end)) !== bytes.readUInt32LE(end))
    throw new MalformedMessage('checksum');
  const sequences = new Map<string, Buffer[]>();
  let body: Buffer | undefined;
  for (let at = HEADER + 4; at < end; ) {
    const kind = bytes[at++];
    const size = bytes.readInt32LE(at);
    const section = slice(bytes, at, size, end);
    if (kind === 0 && !body) body = section;
    else if (kind === 1) addSequence(sequences, section);
    else throw new MalformedMessage(`section of kind ${kind}`);
    at += size;
  }
  if (!body) throw new MalformedMessage('no body');
  const command = parseCommand(body, sequences);
  for (const [name, documents] of sequences)
    if (!(name in command)) command[name] = name === 'documents' ? [] : documents.map(decode);
  return { silent: (flags & MORE_TO_COME) !== 0, command, sequences };
}

function addSequence(sequences: Map<string, Buffer[]>, section: Buffer): void {
  const nameEnd = section.indexOf(0, 4);
  if (nameEnd < 0) throw new MalformedMessage('document sequence without a name');
  const documents: Buffer[] = [];
  for (let at = nameEnd + 1; at < section.length; ) {
    const document = slice(section, at, section.readInt32LE(at), section.length);
    documents.push(document);
    at += document.length;
  }
  const name = section.toString('utf8', 4, nameEnd);
  if (sequences.has(name)) throw new MalformedMessage(`document sequence ${name} given twice`);
  sequences.set(name, documents);
}

/** Keeps the documents of an `insert` as bytes, so that they are stored exactly as they came. */
function parseCommand(body: Buffer, sequences: Map<string, Buffer[]>): Doc {
  if (body.length < 6 || body.toString('latin1', 5, body.indexOf(0, 5)) !== 'insert') return decode(body);
  const command: Doc = deserialize(body, {
    promoteValues: false,
    promoteLongs: false,
    bsonRegExp: true,
    fieldsAsRaw: { documents: true },
  });
  if (
    Array.isArray(command.documents) &&
    command.documents.every((document) => document instanceof Uint8Array)
  ) {
    sequences.set(
      'documents',
      command.documents.map((document: Uint8Array) =>
        Buffer.from(document.buffer, document.byteOffset, document.byteLength),
      ),
    );
  }
  return command;
}

function parseQuery(bytes: Buffer): Doc {
  const nameEnd = bytes.indexOf(0, HEADER + 4);
  const at = nameEnd + 9;
  const command = decode(slice(bytes, at, bytes.readInt32LE(at), bytes.length));
  return { ...command, $db: bytes.toString('utf8', HEADER + 4, nameEnd).split('.')[0] };
}

function slice(bytes: Buffer, at: number, size: number, end: number): Buffer {
  if (size < 5 || at + size > end) throw new MalformedMessage(`a part of ${size} bytes`);
  return bytes.subarray(at, at + size);
}

let lastId = 0;

export function encodeReply(message: Pick<Message, 'requestId' | 'legacy'>, reply: Doc): Buffer {
  const body = encodeWithBatches(reply);
  const head = Buffer.alloc(HEADER + (message.legacy ? 20 : 5));
  head.writeInt32LE(head.length + body.length, 0);
  lastId = (lastId + 1) & 0x7fffffff;
  head.writeInt32LE(lastId, 4);
  head.writeInt32LE(message.requestId, 8);
  head.writeInt32LE(message.legacy ? OP_REPLY : OP_MSG, 12);
  if (message.legacy) {
    head.writeInt32LE(8, HEADER);
    head.writeInt32LE(1, HEADER + 16);
  }
  return Buffer.concat([head, body]);
}

/** BSON of a reply in which batches are already BSON. */
function encodeWithBatches(document: Doc): Buffer {
  const nested = Object.entries(document).find(([, value]) => value instanceof RawBatch || holdsBatch(value));
  if (!nested) return encode(document);
  const parts = Object.entries(document).map(([name, value]) => {
    if (value instanceof RawBatch) return element(0x04, name, encodeArray(value.documents));
    if (holdsBatch(value)) return element(0x03, name, encodeWithBatches(value as Doc));
    return encode({ [name]: value }).subarray(4, -1);
  });
  return wrap(parts);
}

function holdsBatch(value: unknown): boolean {
  return (
    typeof value === 'object' &&
    value !== null &&
    Object.values(value).some((inner) => inner instanceof RawBatch)
  );
}

function encodeArray(documents: Buffer[]): Buffer {
  return wrap(documents.flatMap((document, i) => [Buffer.from(`\x03${i}\0`, 'latin1'), document]));
}

function element(type: number, name: string, value: Buffer): Buffer {
  return Buffer.concat([Buffer.of(type), Buffer.from(`${name}\0`), value]);
}

function wrap(parts: Buffer[]): Buffer {
  const size = Buffer.alloc(4);
  const whole = [size, ...parts, Buffer.of(0)];
  size.writeInt32LE(whole.reduce((sum, part) => sum + part.length, 0));
  return Buffer.concat(whole);
}

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? (value >>> 1) ^ 0x82f63b78 : value >>> 1;
  return value;
});

/** CRC-32C (RFC 3720), as OP_MSG's checksum uses it. */
export function crc32c(bytes: Buffer): number {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = (CRC_TABLE[(crc ^ byte) & 0xff] as number) ^ (crc >>> 8);
  return (crc ^ 0xffffffff) >>> 0;
}
