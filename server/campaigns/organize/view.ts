import { Types } from 'mongoose';
import { campaignLimits } from '../../../config/limits.ts';
import { kindWords } from '../../petitions/kinds.ts';
import { timeZones } from '../../petitions/local-time.ts';
import type { Problems } from '../../petitions/organize/form.ts';
import { type Merged, seenOf } from '../../petitions/organize/merge.ts';
import { compareForms } from '../../petitions/organize/merge-view.ts';
import { labelOf, languageWords, type Typed } from '../../petitions/organize/typed.ts';
import { pictureUrl } from '../../petitions/organize/view.ts';
import { languages, Petition, textIn } from '../../petitions/petition.ts';
import { standingOf } from '../../petitions/phase.ts';
import type { Campaign } from '../campaign.ts';
import { typedCampaign } from './typed.ts';

const options = (selected: string | undefined, choices: Readonly<Record<string, string>>) =>
  Object.entries(choices).map(([value, label]) => ({ value, label, selected: value === selected }));

export const campaignPath = ({ _id }: { _id: Types.ObjectId }): string =>
  `/organize/campaigns/${_id.toHexString()}`;

/** Every petition a campaign could have, the newest first. */
export const listChoices = (): Promise<Petition[]> =>
  Petition.find({}, { texts: 1, language: 1, kind: 1, publishedAt: 1, opensAt: 1, closesAt: 1, history: 1 })
    .sort({ publishedAt: -1, _id: -1 })
    .limit(200)
    .lean<Petition[]>();

/** The form of a campaign with what was typed, and a message at each field that needs one. */
export function campaignEditorView(
  { typed, problems, now }: { typed: Typed; problems: Problems; now: Date },
  choices: readonly Petition[],
  campaign?: Campaign,
) {
  const main = languages.find((language) => language === typed.language) ?? 'en';
  return {
    values: typed,
    errors: problems,
    errorList: Object.entries(problems).map(([field, message]) => ({
      ...{ field, message, label: field === 'form' ? '' : campaignLabel(field) },
    })),
    action: campaign ? `${campaignPath(campaign)}/edit` : '/organize/campaigns',
    texts: languages.map((code) => ({
      ...{ code, name: languageWords[code], isMain: code === main },
      isOpen: ['title', 'summary', 'body', 'imageAlt'].some((part) => typed[`${code}-${part}`]?.trim()),
      ...{ title: `${code}-title`, summary: `${code}-summary`, body: `${code}-body` },
      imageAlt: `${code}-imageAlt`,
    })),
    mainLanguages: options(main, languageWords),
    zones: options(typed.timeZone, Object.fromEntries(timeZones().map((zone) => [zone, zone]))),
    pictureUrl: pictureUrl(typed.picture),
    choices: choicesView(typed, choices, now),
    mostPetitions: campaignLimits.petitions,
    isNew: !campaign,
    // A new one has its id before it is sent: sent twice it is made once.
    draft: campaign ? undefined : typed.draft || new Types.ObjectId().toHexString(),
    seen: campaign && seenOf(typedCampaign(campaign)),
    isPublic: Boolean(campaign?.publishedAt),
  };
}

/** Those in the campaign first, in their order, each with the places it can have. */
function choicesView(typed: Typed, choices: readonly Petition[], now: Date) {
  const ids = (typed.petitions ?? '').split(' ').filter(Boolean);
  const place = ({ _id }: Petition) => ids.indexOf(String(_id)) + 1;
  const places = Math.min(campaignLimits.petitions, Math.max(ids.length + 3, 5));
  return [...choices]
    .sort((a, b) => (place(a) || 1_000) - (place(b) || 1_000))
    .map((petition) => ({
      id: petition._id.toHexString(),
      title: textIn(petition, petition.language).title,
      lang: petition.language,
      kind: kindWords[petition.kind].name,
      phase: standingOf(petition, now),
      isIn: place(petition) > 0,
      places: Array.from({ length: places }, (_, at) => ({
        ...{ value: String(at + 1), selected: at + 1 === place(petition) },
      })),
    }));
}

const words: Readonly<Record<string, string>> = {
  ...{ opensAt: 'Begins', closesAt: 'Ends', 'en-body': 'Story (English)', 'fr-body': 'Story (French)' },
};
export const campaignLabel = (name: string): string => words[name] ?? labelOf(name);

/** Two editors' forms put together; petitions by their titles. */
export function campaignMergeView(
  stored: Campaign,
  typed: Typed,
  merged: Merged,
  { by, choices }: { by: string; choices: readonly Petition[] },
) {
  const titles = new Map(
    choices.map((petition) => [String(petition._id), textIn(petition, petition.language).title]),
  );
  const named = (form: Typed): Typed => ({
    ...form,
    petitions: (form.petitions ?? '')
      .split(' ')
      .filter(Boolean)
      .map((id, at) => `${at + 1}. ${titles.get(id) ?? 'A petition that is gone'}`)
      .join('\n'),
  });
  const view = compareForms(named(typedCampaign(stored)), named(typed), merged, by);
  return { ...view, what: 'campaign' };
}
