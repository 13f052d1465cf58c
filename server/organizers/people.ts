import type { Platform } from '../platform.ts';
import { endSessions } from '../sessions/session.ts';
import { retireAccessLinks } from './access-link.ts';
import { hasOwner, Organizer } from './organizer.ts';
import type { Role } from './roles.ts';

/** `lastOwner`: somebody has to be left who decides who may come in. `unchanged`: it was so, or somebody was faster. */
export type Change = 'changed' | 'unchanged' | 'lastOwner';
type Person = Pick<Organizer, '_id' | 'role'>;

export async function changeRole({ _id, role: from }: Person, to: Role): Promise<Change> {
  if (from === to) return 'unchanged';
  const { modifiedCount } = await Organizer.updateOne({ _id, role: from }, { $set: { role: to } });
  if (modifiedCount === 0) return 'unchanged';
  return keepAnOwner(() => Organizer.updateOne({ _id, role: to }, { $set: { role: from } }));
}

/** They can no longer come in: not with a session, not with a link, not with a passkey. */
export async function endAccount(
  { redis }: Pick<Platform, 'redis'>,
  { _id }: Person,
  now = new Date(),
): Promise<Change> {
  const { modifiedCount } = await Organizer.updateOne({ _id, endedAt: null }, { $set: { endedAt: now } });
  const change = modifiedCount === 0 ? 'unchanged' : await keepAnOwner(() => letReturn({ _id }));
  if (change !== 'lastOwner') {
    await retireAccessLinks(_id, now);
    await endSessions(redis, _id);
  }
  return change;
}

/** Takes the end of an account back. They sign in anew. */
export async function letReturn({ _id }: Pick<Person, '_id'>): Promise<Change> {
  const { modifiedCount } = await Organizer.updateOne(
    { _id, endedAt: { $ne: null } },
    { $unset: { endedAt: 1 } },
  );
  return modifiedCount === 0 ? 'unchanged' : 'changed';
}

/** Two owners may end each other at once: whoever then finds nobody left takes the own change back. */
async function keepAnOwner(takeBack: () => PromiseLike<unknown>): Promise<Change> {
  if (await hasOwner()) return 'changed';
  await takeBack();
  return 'lastOwner';
}
