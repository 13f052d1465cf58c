import type { Types } from 'mongoose';
import { letterLimits } from '../../config/limits.ts';
import type { Language, Petition } from '../petitions/petition.ts';
import type { Platform } from '../platform.ts';
import { type Chosen, readChoice } from '../representatives/choose.ts';
import { wantedBy } from '../representatives/providers.ts';
import { controlButLines, controlCharacters } from '../signatures/characters.ts';
import { type FieldProblems, type parseSignatureForm, type Typed, webAddress } from '../signatures/form.ts';
import { type LetterText, letterTextIn } from './settings.ts';
import { listedTargets } from './target.ts';
import { ownShare } from './words.ts';

/** A letter as its signer sent it, and to whom. `own`: how much of it is not the suggestion, in percent. */
export type LetterForm = {
  subject: string;
  text: string;
  own: number;
  targets: Types.ObjectId[];
  representatives: Chosen[];
};
type ReadLetter = { outcome: 'read'; letter: LetterForm } | { outcome: 'refused'; problems: FieldProblems };

/** Reads the letter's part of the form, or says what is wrong at each field. Targets are never what a form says. */
export async function readLetter(
  platform: Pick<Platform, 'env'>,
  petition: Petition,
  typed: Typed,
  lang: Language,
): Promise<ReadLetter> {
  const suggested = letterTextIn(petition, lang);
  const text = (typed.letterText ?? '').replaceAll('\r\n', '\n').trim();
  const ownSubject = (typed.letterSubject ?? '').trim();
  const subject = petition.letter?.ownSubject ? ownSubject : suggested.subject;
  const problems: FieldProblems = {};
  const wrongSubject = petition.letter?.ownSubject && subjectProblem(subject, suggested);
  if (wrongSubject) problems.letterSubject = wrongSubject;
  const wrongText = textProblem(text, suggested);
  if (wrongText) problems.letterText = wrongText;
  const targets = (await listedTargets(petition)).map(({ _id }) => _id);
  const choice = await readChoice(platform, petition, typed);
  if (choice.outcome === 'refused') problems.representatives = choice.problem;
  const representatives = choice.outcome === 'read' ? choice.representatives : [];
  if (!suggested.subject) problems.form = 'noTargets';
  else if (choice.outcome === 'read' && targets.length + representatives.length === 0)
    Object.assign(problems, wantedBy(petition) ? { representatives: 'missing' } : { form: 'noTargets' });
  if (Object.keys(problems).length > 0) return { outcome: 'refused', problems };
  return {
    outcome: 'read',
    letter: { subject, text, own: ownShare(text, suggested.text), targets, representatives },
  };
}

/** The signature's form with the letter in it, or all that is wrong with both. */
export function withLetter(
  parsed: ReturnType<typeof parseSignatureForm>,
  read: ReadLetter,
): ReturnType<typeof parseSignatureForm> {
  if (parsed.outcome === 'read' && read.outcome === 'read')
    return { outcome: 'read', form: { ...parsed.form, letter: read.letter } };
  const problems = [parsed, read].map((one) => (one.outcome === 'refused' ? one.problems : {}));
  return { outcome: 'refused', problems: Object.assign({}, ...problems) };
}

const lengthOf = (text: string): number => [...text].length;

function subjectProblem(subject: string, suggested: LetterText): string | undefined {
  if (!subject) return 'missing';
  if (lengthOf(subject) > letterLimits.subject) return 'tooLong';
  if (controlCharacters.test(subject)) return 'control';
  return hasOwnAddress(subject, suggested) ? 'url' : undefined;
}

function textProblem(text: string, suggested: LetterText): string | undefined {
  if (!text) return 'missing';
  if (lengthOf(text) > letterLimits.text) return 'tooLong';
  if (controlButLines.test(text)) return 'control';
  return hasOwnAddress(text, suggested) ? 'url' : undefined;
}

/** The mail that confirms shows the letter: whoever types somebody else's address must not advertise to them. */
function hasOwnAddress(text: string, { subject, points, text: words }: LetterText): boolean {
  const given = `${subject}\n${points}\n${words}`;
  return text
    .split(/\s+/)
    .filter((word) => webAddress.test(word))
    .some((word) => !given.includes(word.replace(/[.,;:!?)\]»”"']+$/, '')));
}
