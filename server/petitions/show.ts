import { publicCampaignsWith } from '../campaigns/find.ts';
import { campaignHeadline } from '../campaigns/view.ts';
import { letterContext } from '../letters/view.ts';
import { officialView } from '../linked/view.ts';
import { signatoriesOnPage } from '../open-letters/view.ts';
import type { Platform } from '../platform.ts';
import { type Looked, representativesView } from '../representatives/view.ts';
import { signatureFormView } from '../signatures/form-view.ts';
import type { Count } from '../tallies/tally.ts';
import { updatesView } from '../updates/view.ts';
import type { Language, Petition } from './petition.ts';
import { supportersView } from './supporters.ts';
import { listVersions, versionOf } from './versions/version.ts';
import { lastChangeView } from './versions/view.ts';
import * as view from './view.ts';

/** What the pages below one petition's address begin with. */
export type PetitionPage = { petition: Petition; count: Count; lang: Language; now: Date };

export type FormShown = Parameters<typeof signatureFormView>[3] & { representatives?: Looked };

/** The petition's page, with its form while it is open. `isWhole`: false for a page that must not need the database. */
export async function petitionContext(
  platform: Platform,
  opened: PetitionPage,
  form: FormShown,
  isWhole = true,
) {
  const { petition, count, lang, now } = opened;
  const shown = view.petitionView(petition, lang, now);
  return {
    lang,
    page: view.petitionMeta(petition, lang, platform.env.BASE_URL),
    petition: shown,
    scripts: { live: true, sign: shown.isOpen },
    progress: view.progressView(petition, count),
    form: shown.isOpen ? signatureFormView(platform, petition, lang, form) : undefined,
    representatives: shown.isOpen
      ? await representativesView(petition, lang, form.typed, form.representatives, isWhole)
      : undefined,
    ...(petition.kind === 'letter' && (await letterContext(petition, count, lang, form.typed, isWhole))),
    ...(isWhole && (await aroundContext(platform, opened))),
  };
}

/** What stands around a petition's text and form: who signed, what came of it, what it is part of. */
async function aroundContext(platform: Platform, { petition, lang, now }: PetitionPage) {
  const isOpenLetter = petition.kind === 'openLetter';
  const campaigns = await publicCampaignsWith(petition._id, now);
  return {
    textChange: versionOf(petition) > 1 ? await textChange(petition, lang, now) : undefined,
    supporters: await supportersView(platform, petition, lang, now),
    updates: await updatesView(petition, lang),
    campaigns: campaigns.map((campaign) => campaignHeadline(campaign, lang, now)),
    official: await officialView(petition, lang, now),
    openLetter: isOpenLetter ? await signatoriesOnPage(platform, petition, lang) : undefined,
  };
}

const textChange = async (petition: Petition, lang: Language, now: Date) => ({
  at: lastChangeView(petition, await listVersions(petition), lang, now),
  url: view.petitionUrl(petition, lang, 'versions'),
});
