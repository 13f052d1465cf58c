import { Types } from 'mongoose';
import { Organizer } from '../organizers/organizer.ts';
import { mayDo } from '../organizers/roles.ts';
import { Petition } from '../petitions/petition.ts';
import type { Platform } from '../platform.ts';
import { listSessions, type Session } from '../sessions/session.ts';
import { readFacts } from './facts.ts';
import type { Snapshot } from './feed.ts';
import { asOf, liveView } from './view.ts';

/** A petition's dashboard as it is now; undefined where there is no such petition any more. */
export async function readSnapshot(petitionId: string, now = new Date()): Promise<Snapshot | undefined> {
  const petition = await Petition.findById(petitionId).lean<Petition>();
  if (!petition) return undefined;
  const facts = await readFacts(petition, now);
  return { asOf: asOf(petition, facts.at), live: liveView(petition, facts) };
}

/**
 * Whether somebody who watches a petition, or all of them, still may: the session, the account and the role all stand.
 * Is no visit.
 */
export async function mayStillWatch(
  { redis }: Pick<Platform, 'redis'>,
  session: Session,
  petitionId?: Types.ObjectId,
): Promise<boolean> {
  const organizerId = new Types.ObjectId(session.organizer);
  const sessions = await listSessions(redis, organizerId);
  if (!sessions.some(({ id }) => id === session.id)) return false;
  const [organizer, petition] = await Promise.all([
    Organizer.findOne({ _id: organizerId, endedAt: null }, { role: 1 }).lean<Organizer>(),
    petitionId && Petition.findById(petitionId, { team: 1 }).lean<Petition>(),
  ]);
  return organizer !== null && petition !== null && mayDo(organizer, 'petition.view', petition);
}
