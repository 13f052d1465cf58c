import type { Types } from 'mongoose';
import { Letter } from '../../server/letters/letter.ts';
import { Target } from '../../server/letters/target.ts';
import type { Petition } from '../../server/petitions/petition.ts';
import { parseAddress } from '../../server/signers/address.ts';
import { makeForm, makePetition } from './factories.ts';
import { openPlatform } from './platform.ts';
import type { World } from './world.ts';

export const suggestion = 'Please keep the bench by the pond. It is where people rest on their way home.';

let made = 0;

/** An open letter-writing petition with so many targets; `settings` of its letter that a test says otherwise. */
export async function makeLetter(
  number = 1,
  settings: Record<string, unknown> = {},
  differences: Record<string, unknown> = {},
): Promise<{ petition: Petition; targets: Target[] }> {
  const texts = {
    en: { subject: 'The bench by the pond', points: 'It is old\n- It is loved', text: suggestion },
  };
  const petition = await makePetition({ kind: 'letter', letter: { texts, ...settings }, ...differences });
  const targets: Target[] = [];
  while (targets.length < number) targets.push(await makeTarget(petition));
  return { petition, targets };
}

/** A target nobody else is. */
export async function makeTarget(
  { _id: petition }: Pick<Petition, '_id'>,
  differences: Record<string, unknown> = {},
): Promise<Target> {
  made += 1;
  const address = `target-${made}-${process.pid}@council.example.org`;
  const target = await Target.create({
    ...{ petition, name: `Councillor ${made}`, title: 'Councillor', address, language: 'en', isListed: true },
    ...{ mailbox: parseAddress(address)?.canonical, createdAt: new Date(), ...differences },
  });
  return target.toObject() as Target;
}

export const makeLetterForm = (differences: Record<string, string> = {}): Record<string, string> =>
  makeForm({ letterText: `I sit there every day with my mother. ${suggestion}`, ...differences });

/** Lets every target rest no longer, and everything be due. */
export async function pass(petition: Pick<Petition, '_id'>): Promise<Types.ObjectId[]> {
  const past = new Date(Date.now() - 1_000);
  const which = { petition: petition._id };
  await Letter.updateMany({ ...which, state: { $in: ['due', 'deferred'] } }, { $set: { dueAt: past } });
  await Target.updateMany(which, { $unset: { restsUntil: 1 } });
  await Target.updateMany({ ...which, dueAt: { $ne: null } }, { $set: { dueAt: past } });
  return (await Target.find(which, { _id: 1 }).lean()).map(({ _id }) => _id);
}

/** Passes the time, and gives every target its turn. */
export async function giveTurns(world: World, petition: Pick<Petition, '_id'>): Promise<void> {
  const platform = await openPlatform(world);
  for (const id of await pass(petition))
    platform.queues.enqueue('letterTurn', { targetId: id.toHexString() });
  await platform.close();
}
