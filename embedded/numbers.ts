import { Decimal128, Double, Int32, Long } from 'bson';

/** A decimal number held exactly: `digits * 10 ** exponent`. */
type Exact = { digits: bigint; exponent: number };

/** Any BSON number in bytes that sort as the numbers do, whatever their types; equal numbers give equal bytes. */
export function encodeNumber(value: unknown): Buffer {
  const nearest = Number(String(value));
  const head = Buffer.allocUnsafe(9);
  writeSortableDouble(head, nearest);
  head[8] = 0x80;
  if (typeof value === 'number' || !(value instanceof Long || value instanceof Decimal128)) return head;
  if (Number.isNaN(nearest) || /inf/i.test(String(value))) return head;
  const exact = parseExact(String(value));
  const difference = Number.isFinite(nearest)
    ? compareExact(exact, exactOfDouble(nearest))
    : -Math.sign(nearest);
  if (difference === 0) return head;
  head[8] = difference < 0 ? 0x40 : 0xc0;
  return Buffer.concat([head, encodeExact(exact)]);
}

function writeSortableDouble(target: Buffer, value: number): void {
  target.writeDoubleBE(value === 0 ? 0 : value, 0);
  if (Number.isNaN(value)) target.fill(0, 0, 8);
  else if ((target[0] as number) & 0x80) for (let i = 0; i < 8; i += 1) target[i] = ~(target[i] as number);
  else target[0] = (target[0] as number) | 0x80;
}

/** Sorts the numbers that share a nearest double: sign, place of the first digit, digits. */
function encodeExact({ digits, exponent }: Exact): Buffer {
  const text = String(digits < 0n ? -digits : digits).replace(/0+$/, '');
  const magnitude = exponent + String(digits < 0n ? -digits : digits).length;
  const bytes = Buffer.from([0, 0, ...[...text].map((digit) => Number(digit) + 1), 0]);
  bytes.writeUInt16BE(magnitude + 0x8000, 0);
  return digits < 0n ? (bytes.map((byte) => ~byte) as Buffer) : bytes;
}

function parseExact(text: string): Exact {
  const [mantissa = '0', power = '0'] = text.toUpperCase().split('E');
  const [whole = '0', fraction = ''] = mantissa.split('.');
  return { digits: BigInt(whole + fraction), exponent: Number(power) - fraction.length };
}

function exactOfDouble(value: number): Exact {
  let twos = 0;
  let whole = value;
  while (!Number.isInteger(whole)) {
    whole *= 2;
    twos += 1;
  }
  return { digits: BigInt(whole) * 5n ** BigInt(twos), exponent: -twos };
}

function compareExact(a: Exact, b: Exact): number {
  const [left, right] = align(a, b);
  return left < right ? -1 : left > right ? 1 : 0;
}

function align(a: Exact, b: Exact): [bigint, bigint, number] {
  const exponent = Math.min(a.exponent, b.exponent);
  const scale = (number: Exact) => number.digits * 10n ** BigInt(number.exponent - exponent);
  return [scale(a), scale(b), exponent];
}

type Operation = 'add' | 'multiply';

/** `a + b` or `a * b` in the type MongoDB gives the result: decimal over double over long over int. */
export function calculate(operation: Operation, a: unknown, b: unknown): unknown {
  const apply = (x: bigint, y: bigint) => (operation === 'add' ? x + y : x * y);
  if (a instanceof Decimal128 || b instanceof Decimal128)
    return calculateDecimal(operation, String(a), String(b));
  if (isDouble(a) || isDouble(b)) {
    const [x, y] = [Number(String(a)), Number(String(b))];
    return new Double(operation === 'add' ? x + y : x * y);
  }
  const result = apply(BigInt(String(a)), BigInt(String(b)));
  if (!(a instanceof Long || b instanceof Long) && result === BigInt.asIntN(32, result)) {
    return new Int32(Number(result));
  }
  return result === BigInt.asIntN(64, result) ? Long.fromBigInt(result) : undefined;
}

function isDouble(value: unknown): boolean {
  return value instanceof Double || (typeof value === 'number' && !Number.isInteger(value));
}

function calculateDecimal(operation: Operation, a: string, b: string): Decimal128 {
  if (/nan|inf/i.test(a + b)) {
    const result = operation === 'add' ? Number(a) + Number(b) : Number(a) * Number(b);
    return Decimal128.fromString(String(result));
  }
  const [x, y] = [parseExact(a), parseExact(b)];
  if (operation === 'multiply') return decimalOf(x.digits * y.digits, x.exponent + y.exponent);
  const [left, right, exponent] = align(x, y);
  return decimalOf(left + right, exponent);
}

function decimalOf(digits: bigint, exponent: number): Decimal128 {
  return Decimal128.fromStringWithRounding(`${digits}E${exponent}`);
}
