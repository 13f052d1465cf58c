import { Types } from 'mongoose';
import { differingUnits } from '../../petitions/organize/merge.ts';
import { imageFrom } from '../../petitions/organize/save.ts';
import { Petition } from '../../petitions/petition.ts';
import { readId } from '../../record-id.ts';
import { Campaign } from '../campaign.ts';
import type { CampaignForm } from './form.ts';
import { typedCampaign } from './typed.ts';

type Editor = { _id: Types.ObjectId };
const isTaken = (error: unknown): boolean => (error as { code?: number })?.code === 11000;

/** What the form says, as the document holds it; `undefined` where it says nothing. */
function contentOf(form: CampaignForm, picture: string, stored?: Campaign) {
  const { isSlugSuggested: _, ...fields } = form;
  return { ...fields, image: imageFrom(picture, stored) };
}

/** Whether an address leads, or once led, to another campaign. The index has the last word on present addresses. */
const wasTaken = async (slug: string, own?: Types.ObjectId): Promise<boolean> =>
  Boolean(
    await Campaign.exists({ $or: [{ slug }, { formerSlugs: slug }], ...(own && { _id: { $ne: own } }) }),
  );

/** The petitions that a form names and that are gone. */
export async function missingPetitions({ petitions }: CampaignForm): Promise<number> {
  return petitions.length - (await Petition.countDocuments({ _id: { $in: petitions } }));
}

/**
 * Makes a draft. A suggested address that is taken gets a number; one that was chosen is refused. `draft` is the id that
 * the form was given: sent twice with the same words, it makes one campaign.
 */
export async function createCampaign(
  form: CampaignForm,
  picture: string,
  { _id: editedBy }: Editor,
  draft = '',
): Promise<{ outcome: 'created' | 'createdBefore'; id: Types.ObjectId } | { outcome: 'slugTaken' }> {
  const content = contentOf(form, picture);
  const wished = readId(draft) ?? new Types.ObjectId();
  const there = await Campaign.findById(wished).lean<Campaign>();
  if (there) {
    const sent = typedCampaign({ ...there, ...content, slug: there.slug } as Campaign);
    const isSame =
      there.editedBy?.equals(editedBy) && differingUnits(typedCampaign(there), sent).length === 0;
    if (isSame) return { outcome: 'createdBefore', id: wished };
  }
  const _id = there ? new Types.ObjectId() : wished;
  for (let attempt = 1; attempt <= (form.isSlugSuggested ? 50 : 1); attempt += 1) {
    const slug = attempt === 1 ? content.slug : `${content.slug}-${attempt}`;
    if (await wasTaken(slug)) continue;
    try {
      await Campaign.create({ _id, ...content, slug, editedBy, recountDue: content.petitions });
      return { outcome: 'created', id: _id };
    } catch (error) {
      if (!isTaken(error)) throw error;
      // The same form at the same moment.
      if (await Campaign.exists({ _id, editedBy })) return { outcome: 'createdBefore', id: _id };
    }
  }
  return { outcome: 'slugTaken' };
}

type Saved =
  /** `moved`: the petitions that came in or went out. */
  | { outcome: 'saved'; moved: Types.ObjectId[] }
  | { outcome: 'slugTaken' }
  /** Somebody else saved it meanwhile. */
  | { outcome: 'changedElsewhere'; stored: Campaign };

/** Saves the form over the campaign as it was read for it, in one conditional update. */
export async function saveCampaign(
  campaign: Campaign,
  form: CampaignForm,
  picture: string,
  { _id: editedBy }: Editor,
): Promise<Saved> {
  const content = contentOf(form, picture, campaign);
  if (content.slug !== campaign.slug && (await wasTaken(content.slug, campaign._id)))
    return { outcome: 'slugTaken' };
  const moved = movedBetween(campaign.petitions, form.petitions);
  const set = Object.entries({ ...content, editedBy, formerSlugs: formerSlugs(campaign, content.slug) });
  const gone = set.filter(([, value]) => value === undefined).map(([name]) => [name, 1]);
  try {
    const saved = await Campaign.updateOne(
      { _id: campaign._id, revision: campaign.revision },
      {
        $set: Object.fromEntries(set.filter(([, value]) => value !== undefined)),
        $unset: Object.fromEntries(gone),
        ...(moved.length > 0 && { $addToSet: { recountDue: { $each: moved } } }),
        $inc: { revision: 1 },
      },
    );
    if (saved.matchedCount === 1) return { outcome: 'saved', moved };
  } catch (error) {
    if (isTaken(error)) return { outcome: 'slugTaken' };
    throw error;
  }
  const stored = await Campaign.findById(campaign._id).lean<Campaign>();
  return { outcome: 'changedElsewhere', stored: stored ?? campaign };
}

/** What is in one of the lists only. */
function movedBetween(before: readonly Types.ObjectId[], now: readonly Types.ObjectId[]): Types.ObjectId[] {
  const lacks = (ids: readonly Types.ObjectId[]) => (id: Types.ObjectId) =>
    !ids.some((other) => other.equals(id));
  return [...before.filter(lacks(now)), ...now.filter(lacks(before))];
}

/** The addresses that lead to the campaign beside its own; those of a draft led nowhere. */
function formerSlugs({ slug: own, formerSlugs: former, wasPublic }: Campaign, slug: string): string[] {
  if (slug === own) return former;
  return [...new Set([...former, ...(wasPublic ? [own] : [])])].filter((each) => each !== slug);
}

/** Makes it public. False where it was already. */
export async function publishCampaign({ _id }: Campaign, who: Editor, now = new Date()): Promise<boolean> {
  const { modifiedCount } = await Campaign.updateOne(
    { _id, publishedAt: null },
    { $set: { publishedAt: now, wasPublic: true, editedBy: who._id } },
  );
  return modifiedCount === 1;
}

/** Takes it back: its page is gone until it is published again. Its petitions stay as they are. */
export async function unpublishCampaign({ _id }: Campaign, who: Editor): Promise<boolean> {
  const { modifiedCount } = await Campaign.updateOne(
    { _id, publishedAt: { $ne: null } },
    { $unset: { publishedAt: 1 }, $set: { editedBy: who._id } },
  );
  return modifiedCount === 1;
}
