import { recentWork, signatoryLimits } from '../config/limits.ts';
import type { CampaignWithCount } from './campaigns/find.ts';
import type { Directory } from './open-letters/directory.ts';
import type { Kept } from './page.ts';
import type { PetitionWithCount } from './petitions/find.ts';
import { isMongoAway } from './stores.ts';

type Keeping = { age: number; inFaults: number; most: number };
export type Recent = ReturnType<typeof createRecent>;

/**
 * What a web process remembers for a moment, so that on the day everyone comes a petition is read, and its page made,
 * once a second and not once a visitor. What organizers change here is forgotten at once, elsewhere within that moment.
 */
export function createRecent() {
  const petitions = keepRecent<PetitionWithCount | undefined>();
  const campaigns = keepRecent<CampaignWithCount | undefined>();
  const pages = keepRecent<Kept | undefined>({ ...recentWork, most: recentWork.pages });
  const directories = keepRecent<Directory>({ ...recentWork, age: signatoryLimits.age, most: 100 });
  return {
    /** Published petitions and their counts, by slug; undefined where there is none. */
    petitions,
    /** Published campaigns and their people, by slug. */
    campaigns,
    /** Whole pages, by what they depend on; undefined where a request must be answered the long way. */
    pages,
    /** Who is listed under open letters, by petition. */
    directories,
    forget(): void {
      petitions.clear();
      campaigns.clear();
      pages.clear();
      directories.clear();
    },
  };
}

type Entry<Value> = {
  until: number;
  value: Promise<Value>;
  /** What was last made without a fault, and when. */
  good?: { value: Value; at: number };
  isFailing?: boolean;
};

/**
 * Values that are made by whoever asks first, and given to all who ask until they are `age` milliseconds old. While the
 * database is away the last one made serves for `inFaults` milliseconds more, and nobody waits; other failures are not
 * kept.
 */
export function keepRecent<Value>({ age, inFaults, most }: Keeping = recentWork) {
  const kept = new Map<string, Entry<Value>>();

  const remake = (key: string, make: () => Promise<Value>, known?: Entry<Value>): Promise<Value> => {
    const good = known?.good;
    const entry: Entry<Value> = { until: Number.POSITIVE_INFINITY, value: make(), ...(good && { good }) };
    const making = entry.value.then(
      (value) => {
        const at = performance.now();
        Object.assign(entry, { value: making, good: { value, at }, isFailing: false, until: at + age });
        return value;
      },
      (error) => {
        const isOld = !good || good.at + age + inFaults < performance.now();
        if (isOld || !isMongoAway(error)) {
          entry.until = 0;
          throw error;
        }
        Object.assign(entry, { isFailing: true, until: performance.now() + age });
        return good.value;
      },
    );
    // Asking a database that is away takes a while; who knows that it is does not wait for the answer.
    entry.value = good && known?.isFailing ? Promise.resolve(good.value) : making;
    making.catch(() => undefined);
    kept.delete(key);
    kept.set(key, entry);
    const [oldest] = kept.keys();
    if (kept.size > most && oldest !== undefined) kept.delete(oldest);
    return entry.value;
  };

  return {
    get(key: string, make: () => Promise<Value>): Promise<Value> {
      const known = kept.get(key);
      return known && known.until > performance.now() ? known.value : remake(key, make, known);
    },
    clear(): void {
      kept.clear();
    },
  };
}
