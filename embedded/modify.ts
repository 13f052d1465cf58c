import { CommandError } from './errors.ts';
import { type Doc, MISSING } from './values.ts';

/** Changes one field of a document or one element of an array. `step` says where it is and in what. */
export type Modify = (parent: Doc | unknown[], key: string, operand: unknown, step: Step) => void;
export type Step = { path: string; document: Doc; create: boolean };

const LONGEST_PADDING = 1_500_000;

export function read(parent: Doc | unknown[], key: string): unknown {
  if (Array.isArray(parent)) return Number(key) < parent.length ? parent[Number(key)] : MISSING;
  return Object.hasOwn(parent, key) ? parent[key] : MISSING;
}

export function write(parent: Doc | unknown[], key: string, value: unknown): void {
  if (!Array.isArray(parent)) {
    if (key === '__proto__')
      Object.defineProperty(parent, key, { value, enumerable: true, configurable: true, writable: true });
    else parent[key] = value;
    return;
  }
  const index = Number(key);
  if (index - parent.length > LONGEST_PADDING) {
    throw new CommandError(15891, `can't backfill more than ${LONGEST_PADDING} elements`);
  }
  while (parent.length < index) parent.push(null);
  parent[index] = value;
}
