import type { Types } from 'mongoose';
import { Petition } from '../../petitions/petition.ts';
import type { Role } from '../roles.ts';

type PetitionId = Pick<Petition, '_id'>;

/** Gives somebody a role on one petition, or another one than they had there; returns the one they had. */
export async function joinTeam(
  { _id }: PetitionId,
  organizer: Types.ObjectId,
  role: Role,
): Promise<{ was: Role | undefined }> {
  const before = await Petition.findOneAndUpdate(
    { _id, 'team.organizer': organizer },
    { $set: { 'team.$.role': role } },
    { projection: { team: 1 } },
  ).lean<Pick<Petition, 'team'>>();
  if (before) return { was: before.team.find((entry) => organizer.equals(entry.organizer))?.role };
  const { modifiedCount } = await Petition.updateOne(
    { _id, 'team.organizer': { $ne: organizer } },
    { $push: { team: { organizer, role } } },
  );
  // Somebody else added them between the two: then this is a change after all.
  return modifiedCount === 1 ? { was: undefined } : joinTeam({ _id }, organizer, role);
}

/** Takes somebody off a petition's team; returns the role they had, undefined where they were not on it. */
export async function leaveTeam(
  { _id }: PetitionId,
  organizer: Types.ObjectId,
): Promise<{ was: Role | undefined }> {
  const before = await Petition.findOneAndUpdate(
    { _id, 'team.organizer': organizer },
    { $pull: { team: { organizer } } },
    { projection: { team: 1 } },
  ).lean<Pick<Petition, 'team'>>();
  return { was: before?.team.find((entry) => organizer.equals(entry.organizer))?.role };
}
