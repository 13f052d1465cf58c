import { readCount } from '../tallies/tally.ts';
import { Petition } from './petition.ts';
import { phaseOf } from './phase.ts';

/** A petition the public may know of: drafts look as if they did not exist. */
export async function findPublished(slug: string, now: Date): Promise<Petition | undefined> {
  const petition = await Petition.findOne({ slug }).lean<Petition>();
  return petition && phaseOf(petition, now) !== 'draft' ? petition : undefined;
}

/** A published petition by an address it had before. */
export async function findRenamed(slug: string, now: Date): Promise<Petition | undefined> {
  const petition = await Petition.findOne({ formerSlugs: slug }).lean<Petition>();
  return petition && phaseOf(petition, now) !== 'draft' ? petition : undefined;
}

/** Every published petition with its numbers, the newest first. */
export const listPublished = (now: Date) => withCounts({ publishedAt: { $lte: now } }, now);

/** Every petition, drafts too, with its numbers, the newest first. */
export const listAll = (now: Date) => withCounts({}, now);

async function withCounts(which: Record<string, unknown>, now: Date) {
  const petitions = await Petition.find(which).sort({ publishedAt: -1 }).limit(200).lean<Petition[]>();
  return Promise.all(
    petitions.map(async (petition) => ({ petition, count: await readCount(petition, now) })),
  );
}
