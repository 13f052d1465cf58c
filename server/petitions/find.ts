import type { Platform } from '../platform.ts';
import { type Count, readCount, withCounts } from '../tallies/tally.ts';
import { Petition } from './petition.ts';
import { phaseOf } from './phase.ts';

export type PetitionWithCount = { petition: Petition; count: Count };

/**
 * A petition the public may know of, by its address or one it had before, with its numbers. Drafts look as if they did
 * not exist.
 */
export async function readPublished(slug: string, now: Date): Promise<PetitionWithCount | undefined> {
  const petition =
    (await Petition.findOne({ slug }).lean<Petition>()) ??
    (await Petition.findOne({ formerSlugs: slug }).lean<Petition>());
  if (!petition || phaseOf(petition, now) === 'draft') return undefined;
  return { petition, count: await readCount(petition, now) };
}

/** The same, as it was at most a moment ago. */
export const findPublished = (
  { recent }: Pick<Platform, 'recent'>,
  slug: string,
  now: Date,
): Promise<PetitionWithCount | undefined> => recent.petitions.get(slug, () => readPublished(slug, now));

/** Every published petition with its numbers, the newest first. */
export const listPublished = (now: Date) => listWith({ publishedAt: { $lte: now } }, now);

/** Every petition, drafts too, with its numbers, the newest first. */
export const listAll = (now: Date) => listWith({}, now);

const listWith = async (which: Record<string, unknown>, now: Date): Promise<PetitionWithCount[]> =>
  withCounts(await Petition.find(which).sort({ publishedAt: -1 }).limit(200).lean<Petition[]>(), now);
