import { Types } from 'mongoose';
import type { Question } from '../../signatures/asked.ts';
import { Signature } from '../../signatures/signature.ts';
import { Petition } from '../petition.ts';
import { isFrozen, keepVersion, signedTextsOf, versionOf } from '../versions/version.ts';
import type { PetitionForm } from './form.ts';
import { differingUnits } from './merge.ts';
import { pictureIn, typedOf } from './typed.ts';

type Editor = { _id: Types.ObjectId };
const isTaken = (error: unknown): boolean => (error as { code?: number })?.code === 11000;

/** What the form says, as the document holds it; `undefined` where it says nothing. */
function contentOf(form: PetitionForm, picture: string, stored?: Petition) {
  const { isSlugSuggested: _, group, ...fields } = form;
  const filled = (text: string) => text || undefined;
  return {
    ...fields,
    kind: stored?.kind ?? form.kind,
    group: {
      ...{ name: group.name, url: filled(group.url), pressName: filled(group.pressName) },
      ...{ pressEmail: filled(group.pressEmail), pressPhone: filled(group.pressPhone) },
    },
    ...{ donationUrl: filled(form.donationUrl), newsletterUrl: filled(form.newsletterUrl) },
    image: imageFrom(picture, stored),
  };
}

/** The picture a form names: the one the petition has, or an uploaded one. */
export function imageFrom(picture: string, stored?: Pick<Petition, 'image'>) {
  if (!picture) return undefined;
  return stored && pictureIn(stored) === picture ? stored.image : { upload: picture };
}

/**
 * Makes a draft. A suggested address that is taken gets a number; one that was chosen is refused. `draft` is the id
 * that the form was given: sent twice with the same words, it makes one petition.
 */
export async function createPetition(
  form: PetitionForm,
  picture: string,
  { _id: editedBy }: Editor,
  draft?: string,
): Promise<{ outcome: 'created' | 'createdBefore'; id: Types.ObjectId } | { outcome: 'slugTaken' }> {
  const content = contentOf(form, picture);
  const wished = draft && /^[0-9a-f]{24}$/.test(draft) ? new Types.ObjectId(draft) : undefined;
  const isThere = async () => Boolean(wished && (await isCreated(wished, content, editedBy)));
  if (wished && (await isThere())) return { outcome: 'createdBefore', id: wished };
  const _id = wished && !(await Petition.exists({ _id: wished })) ? wished : new Types.ObjectId();
  for (let attempt = 1; attempt <= (form.isSlugSuggested ? 50 : 1); attempt += 1) {
    const slug = attempt === 1 ? content.slug : `${content.slug}-${attempt}`;
    try {
      if (await wasTaken(slug)) continue;
      await Petition.create({ _id, ...content, slug, editedBy });
      return { outcome: 'created', id: _id };
    } catch (error) {
      if (!isTaken(error)) throw error;
      if (await isThere()) break;
    }
  }
  return wished && (await isThere()) ? { outcome: 'createdBefore', id: wished } : { outcome: 'slugTaken' };
}

/** Whether this form has made this petition already, by the same person and with the same words. */
async function isCreated(
  _id: Types.ObjectId,
  content: ReturnType<typeof contentOf>,
  editedBy: Types.ObjectId,
): Promise<boolean> {
  const stored = await Petition.findOne({ _id, editedBy }).lean<Petition>();
  if (!stored) return false;
  const sent = typedOf({ ...stored, ...content, slug: stored.slug } as Petition);
  return differingUnits(typedOf(stored), sent).length === 0;
}

/** Whether an address leads, or once led, to another petition. The index has the last word on present addresses. */
const wasTaken = async (slug: string, own?: Types.ObjectId): Promise<boolean> =>
  Boolean(
    await Petition.exists({ $or: [{ slug }, { formerSlugs: slug }], ...(own && { _id: { $ne: own } }) }),
  );

type Saved =
  | { outcome: 'saved'; version: number }
  | { outcome: 'slugTaken' }
  /** Somebody else saved it meanwhile. */
  | { outcome: 'changedElsewhere'; stored: Petition };

/**
 * Saves the form over the petition as it was read for it, in one conditional update. The text that is replaced is kept
 * as a version once the public could read it.
 */
export async function savePetition(
  petition: Petition,
  form: PetitionForm,
  picture: string,
  { _id: editedBy }: Editor,
  now = new Date(),
): Promise<Saved> {
  const content = contentOf(form, picture, petition);
  if (content.slug !== petition.slug && (await wasTaken(content.slug, petition._id)))
    return { outcome: 'slugTaken' };
  const version = await nextVersion(petition, form, now);
  const set = {
    ...content,
    editedBy,
    formerSlugs: formerSlugs(petition, content.slug, now),
    formerQuestions: formerQuestions(petition, form, now),
    ...(version !== versionOf(petition) && { version, versionAt: now }),
  };
  const entries = Object.entries(set);
  const gone = entries.filter(([, value]) => value === undefined).map(([name]) => [name, 1]);
  try {
    const saved = await Petition.updateOne(
      { _id: petition._id, revision: petition.revision ?? null },
      {
        $set: Object.fromEntries(entries.filter(([, value]) => value !== undefined)),
        $unset: Object.fromEntries(gone),
        $inc: { revision: 1 },
      },
    );
    if (saved.matchedCount === 1) return { outcome: 'saved', version };
  } catch (error) {
    if (isTaken(error)) return { outcome: 'slugTaken' };
    throw error;
  }
  const stored = await Petition.findById(petition._id).lean<Petition>();
  return { outcome: 'changedElsewhere', stored: stored ?? petition };
}

/** The version the text has after this change; keeps the one before it where people could have signed that. */
async function nextVersion(petition: Petition, form: PetitionForm, now: Date): Promise<number> {
  if (wordsOf(petition) === wordsOf(form) || !isFrozen(petition, now)) return versionOf(petition);
  const isSigned = await Signature.exists({ petition: petition._id });
  await keepVersion(petition, !isSigned, now);
  return versionOf(petition) + 1;
}

/** Everything that is signed, as one string; what a form does to the ends of texts and lines is no change. */
const wordsOf = (petition: { texts?: object | null }): string =>
  JSON.stringify(signedTextsOf(petition), (_, value) =>
    typeof value === 'string' ? value.replaceAll('\r\n', '\n').trim() : value,
  );

/** The addresses that lead to the petition beside its own; those of a draft led nowhere. */
function formerSlugs(petition: Petition, slug: string, now: Date): string[] {
  const former = petition.formerSlugs ?? [];
  if (slug === petition.slug) return former;
  const all = isFrozen(petition, now) ? [...former, petition.slug] : former;
  return all.filter((each, at) => each !== slug && all.indexOf(each) === at);
}

/** The questions that were asked in public and no longer are: answers to them may have been given. */
function formerQuestions(petition: Petition, form: PetitionForm, now: Date): Question[] {
  const all = [
    ...(petition.formerQuestions ?? []),
    ...(isFrozen(petition, now) ? (petition.questions ?? []) : []),
  ] as Question[];
  const isAsked = ({ key }: Question) => form.questions.some((question) => question.key === key);
  return all.filter((question) => !isAsked(question));
}
