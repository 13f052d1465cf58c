import type { Types } from 'mongoose';

/** What came of asking for a postal code. */
export type Lookup =
  /** `keys`: whoever represents it; `districts`: where it is, also where nobody is known. `asOf`: an older answer. */
  | { outcome: 'found'; keys: Types.ObjectId[]; districts: string[]; asOf?: Date }
  /** The provider does not know the code, or cannot be asked now. */
  | { outcome: 'unknown' | 'unavailable' };

/** Somebody who knows who represents whom. */
export type Provider = {
  /** Where its people are stored; undefined where it has none. */
  source(): Promise<string | undefined>;
  /** Reads a postal code as people type it; undefined where it is none. */
  readCode(typed: string): string | undefined;
  /** Asks about a code that `readCode` returned. Never throws because of an outside service. */
  lookUp(code: string, offices: readonly string[]): Promise<Lookup>;
};
