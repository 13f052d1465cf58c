import { Types } from 'mongoose';

/** The id of a record, as a path or a form says it; undefined for anything else. */
export const readId = (typed: unknown): Types.ObjectId | undefined =>
  typeof typed === 'string' && /^[0-9a-f]{24}$/.test(typed) ? new Types.ObjectId(typed) : undefined;
