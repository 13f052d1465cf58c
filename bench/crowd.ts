import type { Petition } from '../server/petitions/petition.ts';
import { Signature } from '../server/signatures/signature.ts';
import type { Vault } from '../server/signers/vault.ts';
import { type CrowdMember, type CrowdOptions, createCrowd } from './people.ts';

/** What a tally says of a crowd. */
export type CrowdSums = { confirmed: number } & Record<
  'days' | 'regions' | 'sources' | 'hours',
  Record<string, number>
>;

const batchSize = 1_000;

/** Seals and stores a crowd, or of several parts of it every `parts`-th batch; returns the sums of what it made. */
export async function storeCrowd(
  vault: Vault,
  petition: Petition,
  crowd: CrowdOptions,
  { part = 0, parts = 1 } = {},
): Promise<CrowdSums> {
  const member = createCrowd(vault, petition, crowd);
  const sums: CrowdSums = { confirmed: 0, days: {}, regions: {}, sources: {}, hours: {} };
  // One batch is sealed while the one before is stored.
  let storing: Promise<unknown> = Promise.resolve();
  for (let n = part * batchSize; n < crowd.count; n += parts * batchSize) {
    const batch = Array.from({ length: Math.min(batchSize, crowd.count - n) }, (_, i) => member(n + i));
    for (const { counted } of batch) if (counted) add(sums, counted);
    await storing;
    storing = Signature.collection.insertMany(batch, { ordered: false });
    storing.catch(() => undefined);
  }
  await storing;
  return sums;
}

function add(sums: CrowdSums, { day, region, source, hour }: NonNullable<CrowdMember['counted']>): void {
  const count = (of: Record<string, number>, key: string) => {
    of[key] = (of[key] ?? 0) + 1;
  };
  sums.confirmed += 1;
  count(sums.days, day);
  count(sums.regions, region);
  count(sums.sources, source);
  if (hour) count(sums.hours, hour);
}
