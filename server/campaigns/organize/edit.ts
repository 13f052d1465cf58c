import type { Types } from 'mongoose';
import type { UploadedPicture } from '../../images/image.ts';
import { readChoices } from '../../petitions/organize/edit.ts';
import type { Problems } from '../../petitions/organize/form.ts';
import { differingUnits, type Merged, mergeForms, readSeen } from '../../petitions/organize/merge.ts';
import { isPictureThere, pictureGone, takePicture } from '../../petitions/organize/picture.ts';
import type { Typed } from '../../petitions/organize/typed.ts';
import type { Campaign } from '../campaign.ts';
import { type CampaignForm, parseCampaignForm } from './form.ts';
import { missingPetitions, saveCampaign } from './save.ts';
import { typedCampaign, withPetitions } from './typed.ts';

/** How often others may save in between before the form is shown again. */
const attempts = 5;

type Received = { typed: Typed; problems: Problems };
type EditedCampaign =
  /** `moved`: the petitions that came in or went out. */
  | { outcome: 'saved'; fields: string[]; merged: string[]; moved: Types.ObjectId[] }
  | { outcome: 'unchanged' }
  /** Mistakes, or fields to choose between. `stored` is the campaign as it is now, `merged` the form put together with it. */
  | { outcome: 'refused'; problems: Problems; merged: Merged; stored: Campaign };

/** What came in, with its petitions as a list and its picture stored. */
export async function receiveCampaign(sent: Typed, uploaded: UploadedPicture): Promise<Received> {
  const { typed, problem } = await takePicture(uploaded, withPetitions(sent));
  return { typed, problems: problem ? { file: problem } : {} };
}

/** Reads the form whole; `form` only where nothing is wrong with it. */
export async function readCampaign(
  typed: Typed,
  received: Problems,
  stored?: Campaign,
): Promise<{ problems: Problems; form?: CampaignForm }> {
  const problems = { ...received };
  if (!(await isPictureThere(typed.picture ?? '', stored))) problems.file ??= pictureGone;
  const parsed = parseCampaignForm(typed);
  if (parsed.outcome === 'refused') return { problems: { ...problems, ...parsed.problems } };
  if ((await missingPetitions(parsed.form)) > 0)
    problems.petitions = 'One of the petitions is not there any more. Choose again.';
  return Object.keys(problems).length > 0 ? { problems } : { problems, form: parsed.form };
}

/** Saves a form over what is stored by now, together with what others changed since it was opened. */
export async function editCampaign(
  campaign: Campaign,
  received: Received,
  editor: { _id: Types.ObjectId },
): Promise<EditedCampaign> {
  const [seen, choices] = [readSeen(received.typed.seen), readChoices(received.typed)];
  for (let attempt = 1, stored = campaign; ; attempt += 1) {
    const before = typedCampaign(stored);
    const merged = mergeForms(seen, { mine: received.typed, stored: before, choices });
    const { form, problems } = await readCampaign(merged.typed, received.problems, stored);
    const refused = { outcome: 'refused', merged, stored } as const;
    if (!form || merged.conflicts.length > 0) return { ...refused, problems };
    const changed = differingUnits(before, merged.typed);
    if (changed.length === 0) return { outcome: 'unchanged' };
    const saved = await saveCampaign(stored, form, merged.typed.picture ?? '', editor);
    if (saved.outcome === 'slugTaken') return { ...refused, problems: { slug: slugTaken } };
    if (saved.outcome === 'saved')
      return {
        ...saved,
        fields: changed.map(({ name }) => name),
        merged: merged.taken.map(({ name }) => name),
      };
    if (attempt === attempts)
      return {
        ...refused,
        problems: { form: 'Others are saving this campaign just now. Save it once more.' },
      };
    stored = saved.stored;
  }
}

export const slugTaken = 'This address belongs to another campaign. Choose another one.';
