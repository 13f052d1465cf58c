import type { Types } from 'mongoose';
import type { UploadedPicture } from '../../images/image.ts';
import type { Petition } from '../petition.ts';
import { type PetitionForm, type Problems, parsePetitionForm } from './form.ts';
import { type Choice, type Choices, differingUnits, type Merged, mergeForms, readSeen } from './merge.ts';
import { isPictureThere, pictureGone, takePicture } from './picture.ts';
import { withKeys } from './question-slots.ts';
import { savePetition } from './save.ts';
import { type Typed, typedOf } from './typed.ts';

/** How often others may save in between before the form is shown again. */
const attempts = 5;

type ReadForm = { typed: Typed; problems: Problems; form?: PetitionForm };
type Edited =
  | { outcome: 'saved'; fields: string[]; merged: string[]; version: number }
  | { outcome: 'unchanged' }
  /** Mistakes, or fields to choose between. `stored` is the petition as it is now, `merged` the form put together with it. */
  | { outcome: 'refused'; problems: Problems; merged: Merged; stored: Petition };

/** What came in, with a key for each question and its picture stored. */
export async function receiveForm(
  sent: Typed,
  uploaded: UploadedPicture,
): Promise<{ typed: Typed; problems: Problems }> {
  const { typed, problem } = await takePicture(uploaded, withKeys(sent));
  return { typed, problems: problem ? { file: problem } : {} };
}

/** Reads the form whole; `form` only where nothing is wrong with it. */
export async function readForm(typed: Typed, received: Problems, stored?: Petition): Promise<ReadForm> {
  const problems = { ...received };
  if (!(await isPictureThere(typed.picture ?? '', stored))) problems.file ??= pictureGone;
  const parsed = parsePetitionForm(typed, stored);
  if (parsed.outcome === 'refused') Object.assign(problems, parsed.problems);
  const isRight = parsed.outcome === 'read' && Object.keys(problems).length === 0;
  return { typed, problems, ...(isRight && { form: parsed.form }) };
}

/** Saves a form over what is stored by now, together with what others changed since it was opened. */
export async function editPetition(
  petition: Petition,
  received: { typed: Typed; problems: Problems },
  editor: { _id: Types.ObjectId },
): Promise<Edited> {
  const [seen, choices] = [readSeen(received.typed.seen), readChoices(received.typed)];
  for (let attempt = 1, stored = petition; ; attempt += 1) {
    const before = typedOf(stored);
    const merged = mergeForms(seen, { mine: received.typed, stored: before, choices });
    const { form, problems } = await readForm(merged.typed, received.problems, stored);
    const refused = { outcome: 'refused', merged, stored } as const;
    if (!form || merged.conflicts.length > 0) return { ...refused, problems };
    const changed = differingUnits(before, merged.typed);
    if (changed.length === 0) return { outcome: 'unchanged' };
    const saved = await savePetition(stored, form, merged.typed.picture ?? '', editor);
    if (saved.outcome === 'slugTaken') return { ...refused, problems: { slug: slugTaken } };
    if (saved.outcome === 'saved')
      return { ...saved, fields: namesOf(changed), merged: namesOf(merged.taken) };
    if (attempt === attempts) return { ...refused, problems: { form: tooBusy } };
    stored = saved.stored;
  }
}

export const slugTaken = 'This address belongs to another petition. Choose another one.';
const tooBusy = 'Others are saving this petition just now. Save it once more.';

/** The choices between two editors' texts: `asked` names what the page asked about. */
export function readChoices(typed: Typed): Choices {
  const asked = (typed.asked ?? '').split(' ').filter((name) => /^[\w-]+$/.test(name));
  const chosen = (name: string): Choice | '' =>
    (['theirs', 'mine'] as const).find((choice) => choice === typed[`choice-${name}`]) ?? '';
  return Object.fromEntries(asked.map((name) => [name, chosen(name)]));
}

/** What changed, for the log and for messages. */
const namesOf = (units: Merged['taken']): string[] => [
  ...new Set(units.map(({ name }) => (name.startsWith('question') ? 'questions' : name))),
];
