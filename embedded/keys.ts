import type { Long, ObjectId } from 'bson';
import { encodeNumber } from './numbers.ts';
import { binaryParts, elementsOf, MISSING, RANK, rank, wordsOf } from './values.ts';

/**
 * Values as bytes that sort as BSON's comparison order does, so that LMDB keeps the indexes in order.
 * No value's bytes are the beginning of another's, so fields of a compound key simply follow one another.
 */
export function encodeKey(values: readonly unknown[], descending: readonly boolean[] = []): Buffer {
  const out = new KeyWriter();
  values.forEach((value, i) => {
    const start = out.length;
    out.value(value);
    if (descending[i]) out.invert(start);
  });
  return out.finish();
}

/** The first key after every key that begins with `prefix`. */
export function afterPrefix(prefix: Buffer): Buffer {
  const next = Buffer.from(prefix);
  for (let i = next.length - 1; i >= 0; i -= 1) {
    const byte = next[i] as number;
    if (byte < 0xff) {
      next[i] = byte + 1;
      return next.subarray(0, i + 1);
    }
  }
  return Buffer.alloc(prefix.length + 1, 0xff);
}

let scratch = Buffer.allocUnsafeSlow(16 * 1024);

class KeyWriter {
  length = 0;

  finish(): Buffer {
    return Buffer.from(scratch.subarray(0, this.length));
  }

  invert(start: number): void {
    for (let i = start; i < this.length; i += 1) scratch[i] = ~(scratch[i] as number);
  }

  value(value: unknown): void {
    const type = value === MISSING ? RANK.null : rank(value);
    this.byte(type);
    this.payload(type, value);
  }

  private payload(type: number, value: unknown): unknown {
    switch (type) {
      case RANK.number:
        return this.bytes(encodeNumber(value));
      case RANK.string:
        return this.string(String(value));
      case RANK.object:
        return this.elements(elementsOf(value));
      case RANK.array:
        for (const element of value as unknown[]) this.value(element);
        return this.byte(0);
      case RANK.objectId:
        return this.bytes((value as ObjectId).id);
      case RANK.boolean:
        return this.byte(value ? 1 : 0);
      case RANK.date:
        return this.int64(BigInt((value as Date).getTime()));
      case RANK.timestamp:
        return this.int64((value as Long).toBigInt() - 2n ** 63n);
      case RANK.binary: {
        const { bytes, subtype } = binaryParts(value);
        this.room(5);
        this.length = scratch.writeUInt32BE(bytes.length, this.length);
        this.byte(subtype);
        return this.bytes(bytes);
      }
      case RANK.regex:
      case RANK.code:
      case RANK.codeWithScope:
        return this.elements(Object.entries(wordsOf(value)));
    }
  }

  private elements(elements: [string, unknown][]): void {
    for (const [name, value] of elements) {
      const type = value === MISSING ? RANK.null : rank(value);
      this.byte(type);
      this.string(name);
      this.payload(type, value);
    }
    this.byte(0);
  }

  /** UTF-8, with a zero byte as 00 FF and 00 01 at the end. */
  private string(text: string): void {
    this.room(text.length * 3 + 2);
    if (text.includes('\0')) {
      for (const byte of Buffer.from(text)) {
        this.byte(byte);
        if (byte === 0) this.byte(0xff);
      }
    } else {
      this.length += scratch.write(text, this.length);
    }
    this.byte(0);
    this.byte(1);
  }

  private int64(value: bigint): void {
    this.room(8);
    this.length = scratch.writeBigUInt64BE(BigInt.asUintN(64, value + 2n ** 63n), this.length);
  }

  private bytes(bytes: Uint8Array): void {
    this.room(bytes.length);
    scratch.set(bytes, this.length);
    this.length += bytes.length;
  }

  private byte(byte: number): void {
    this.room(1);
    scratch[this.length++] = byte;
  }

  private room(size: number): void {
    if (this.length + size <= scratch.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(scratch.length * 2, this.length + size));
    scratch.copy(larger, 0, 0, this.length);
    scratch = larger;
  }
}
