import { recentWork } from '../config/limits.ts';
import type { Kept } from './page.ts';
import type { PetitionWithCount } from './petitions/find.ts';

export type Recent = ReturnType<typeof createRecent>;

/**
 * What a web process remembers for a moment, so that on the day everyone comes a petition is read, and its page made,
 * once a second and not once a visitor. What organizers change here is forgotten at once, elsewhere within that moment.
 */
export function createRecent() {
  const petitions = keepRecent<PetitionWithCount | undefined>();
  const pages = keepRecent<Kept | undefined>();
  return {
    /** Published petitions and their counts, by slug; undefined where there is none. */
    petitions,
    /** Whole pages, by what they depend on; undefined where a request must be answered the long way. */
    pages,
    forget(): void {
      petitions.clear();
      pages.clear();
    },
  };
}

/** Values that are made by whoever asks first, and given to all who ask until they are too old. Failures are not kept. */
export function keepRecent<Value>({ age, most }: { age: number; most: number } = recentWork) {
  const kept = new Map<string, { until: number; value: Promise<Value> }>();

  return {
    get(key: string, make: () => Promise<Value>): Promise<Value> {
      const known = kept.get(key);
      if (known && known.until > performance.now()) return known.value;
      const entry = { until: Number.POSITIVE_INFINITY, value: make() };
      kept.delete(key);
      kept.set(key, entry);
      entry.value.then(
        () => {
          entry.until = performance.now() + age;
        },
        () => {
          entry.until = 0;
        },
      );
      const [oldest] = kept.keys();
      if (kept.size > most && oldest !== undefined) kept.delete(oldest);
      return entry.value;
    },
    clear(): void {
      kept.clear();
    },
  };
}
