import type { Types } from 'mongoose';
import { record } from '../../audit/entry.ts';
import { Petition } from '../../petitions/petition.ts';
import type { SettingsForm } from './form.ts';

type By = { _id: Types.ObjectId };

/** Saves what a letter says and how it goes out. `changed`: somebody saved another version since the form was opened. */
export async function saveLetter(
  { _id, letter }: Pick<Petition, '_id' | 'letter'>,
  { revision, ...form }: SettingsForm,
  { _id: organizer }: By,
): Promise<'saved' | 'changed'> {
  const isSeen = letter ? { 'letter.revision': revision } : { letter: { $exists: false } };
  if (!letter && revision !== 0) return 'changed';
  const { matchedCount } = await Petition.updateOne(
    { _id, kind: 'letter', ...isSeen },
    { $set: { letter: { ...form, revision: revision + 1 } } },
  );
  if (matchedCount === 0) return 'changed';
  const { ownSubject, digest } = form;
  await record({
    ...{ organizer, action: 'letter.edit', petition: _id },
    details: { languages: Object.keys(form.texts).join(', '), ownSubject, digest },
  });
  return 'saved';
}
