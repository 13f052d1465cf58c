import { Long } from 'bson';
import { CommandError } from './errors.ts';
import type { Predicate } from './predicates.ts';
import { toNumber } from './values.ts';

export function bits(operand: unknown, accepts: (value: bigint, mask: bigint) => boolean): Predicate {
  const mask = Array.isArray(operand)
    ? operand.reduce<bigint>((sum, bit) => sum | (1n << BigInt(toNumber(bit) ?? 0)), 0n)
    : wholeNumber(operand);
  if (mask === undefined || mask < 0n)
    throw new CommandError(
      'BadValue',
      'bit positions must be an array of integers or a non-negative integer mask',
    );
  return (value) => {
    const whole = wholeNumber(value);
    return whole !== undefined && accepts(whole, mask);
  };
}

/** A whole number exactly; undefined for anything else. */
function wholeNumber(value: unknown): bigint | undefined {
  return Number.isInteger(toNumber(value)) ? truncated(value) : undefined;
}

/** What is before the point of any finite number. */
export function truncated(value: unknown): bigint | undefined {
  if (value instanceof Long) return value.toBigInt();
  const number = toNumber(value);
  return number !== undefined && Number.isFinite(number) ? BigInt(Math.trunc(number)) : undefined;
}
