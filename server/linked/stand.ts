import type { Petition } from '../petitions/petition.ts';
import { latestCounts } from './counts.ts';
import { findOfficial } from './official.ts';
import { officialGoal } from './view.ts';

/** Where an official petition stands: the latest official count, its day, and the number it should reach. */
export type OfficialStand = { count: number; day: string; goal: number };

/** Undefined where it is no official petition, or nobody has noted a count. */
export async function readOfficialStand(petition: Petition): Promise<OfficialStand | undefined> {
  if (petition.kind !== 'linked') return undefined;
  const [official, counts] = await Promise.all([findOfficial(petition), latestCounts([petition._id])]);
  const latest = counts.get(petition._id.toHexString());
  if (!official || !latest) return undefined;
  const { count, day } = latest;
  return { count, day, goal: officialGoal(petition, official, count) };
}
