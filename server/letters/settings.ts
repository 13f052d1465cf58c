import { Schema } from 'mongoose';
import type { Language, Petition } from '../petitions/petition.ts';

const letterText = new Schema(
  {
    subject: { type: String, required: true },
    /** What could be said, one point a line. */
    points: { type: String, default: '' },
    /** What stands in the box when the signer begins; what they send is kept with their signature. */
    text: { type: String, default: '' },
  },
  { _id: false },
);

/** What organizers say of a petition of kind `letter`. */
export const letterSchema = new Schema(
  {
    texts: { en: letterText, fr: letterText },
    /** Whether signers may change the subject. */
    ownSubject: { type: Boolean, default: false },
    /** One mail a day to each target, with all the letters of that day. */
    digest: { type: Boolean, default: false },
    /** Goes up with every change: whoever edits an older one is told. */
    revision: { type: Number, default: 0 },
  },
  { _id: false },
);

export type LetterText = { subject: string; points: string; text: string };

/** The words of a letter in a language, or in the petition's own where it has none there; empty before there are any. */
export function letterTextIn(
  { letter, language }: Pick<Petition, 'letter' | 'language'>,
  lang: Language,
): LetterText {
  const found = letter?.texts?.[lang] ?? letter?.texts?.[language];
  return { subject: found?.subject ?? '', points: found?.points ?? '', text: found?.text ?? '' };
}

export const pointsOf = ({ points }: Pick<LetterText, 'points'>): string[] =>
  points
    .split('\n')
    .map((point) => point.replace(/^\s*[-*•]\s*/, '').trim())
    .filter(Boolean);
