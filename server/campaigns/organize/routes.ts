import type { Request } from 'express';
import { record } from '../../audit/entry.ts';
import type { Exchange, OrganizeRoute } from '../../middleware/guard.ts';
import { organizePage } from '../../organize/chrome.ts';
import { languageOf, showPage } from '../../page.ts';
import type { Platform } from '../../platform.ts';
import { readId } from '../../record-id.ts';
import { campaignTextIn } from '../campaign.ts';
import { readCampaignCount } from '../count.ts';
import { listCampaigns } from '../find.ts';
import { campaignContext } from '../routes.ts';
import { campaignCard } from '../view.ts';
import { campaignEditorRoutes } from './editor/routes.ts';
import { readNumbers } from './numbers.ts';
import { campaignOf } from './page.ts';
import { publishCampaign, unpublishCampaign } from './save.ts';
import { campaignLabel, campaignPath } from './view.ts';

const path = '/organize/campaigns';

/** Campaigns as organizers make them: their texts and petitions, their numbers, and whether the public sees them. */
export function campaignOrganizeRoutes(platform: Platform): OrganizeRoute[] {
  return [
    {
      method: 'get',
      path,
      needs: 'petition.view',
      handle: (request, response, who) => showList({ platform, request, response, who }),
    },
    ...campaignEditorRoutes(platform),
    {
      method: 'get',
      path: `${path}/:campaign`,
      needs: 'petition.view',
      handle: (request, response, who) => showCampaign({ platform, request, response, who }),
    },
    {
      method: 'get',
      path: `${path}/:campaign/preview`,
      needs: 'petition.view',
      handle: (request, response, who) => showPreview({ platform, request, response, who }),
    },
    {
      method: 'post',
      path: `${path}/:campaign/publication`,
      needs: 'campaign.publish',
      handle: (request, response, who) => publish({ platform, request, response, who }, 'campaign.publish'),
    },
    {
      method: 'post',
      path: `${path}/:campaign/publication/cancellation`,
      needs: 'campaign.publish',
      handle: (request, response, who) => publish({ platform, request, response, who }, 'campaign.unpublish'),
    },
  ];
}

async function showList({ platform, request, response, who }: Exchange): Promise<void> {
  const now = new Date();
  const campaigns = await listCampaigns(now);
  showPage(request, response, 'organize/campaigns/index', {
    ...organizePage(platform, who, 'Campaigns', 'campaigns'),
    campaigns: campaigns.map(({ campaign, count }) => ({
      ...campaignCard(campaign, count, campaign.language, now),
      isPublic: Boolean(campaign.publishedAt),
      offline: count.offline,
      manageUrl: campaignPath(campaign),
    })),
  });
}

async function showCampaign({ platform, request, response, who }: Exchange): Promise<void> {
  const campaign = await campaignOf(request.params.campaign);
  const { title } = campaignTextIn(campaign, campaign.language);
  showPage(request, response, 'organize/campaigns/show', {
    ...organizePage(platform, who, title, 'campaigns'),
    campaign: {
      ...{ id: campaign._id.toHexString(), title, lang: campaign.language },
      ...{ publishedAt: campaign.publishedAt, url: `/campaigns/${campaign.slug}` },
      path: campaignPath(campaign),
    },
    numbers: await readNumbers(campaign, new Date()),
    done: doneMessage(request),
    isLate: request.query.done === 'late',
  });
}

async function publish(
  { request, response, who }: Exchange,
  action: 'campaign.publish' | 'campaign.unpublish',
): Promise<void> {
  const campaign = await campaignOf(request.params.campaign);
  const change = action === 'campaign.publish' ? publishCampaign : unpublishCampaign;
  const isDone = await change(campaign, who.organizer);
  if (isDone)
    await record({
      ...{ organizer: who.organizer._id, action, subject: campaign._id.toHexString() },
      details: { campaign: campaign.slug },
    });
  response.redirect(303, `${campaignPath(campaign)}?done=${isDone ? action.slice(9) : 'late'}`);
}

/** The page as the public will see it. */
async function showPreview({ platform, request, response }: Exchange): Promise<void> {
  const now = new Date();
  const campaign = await campaignOf(request.params.campaign);
  const count = await readCampaignCount(campaign, now);
  const lang = languageOf(request, campaign.language);
  const context = await campaignContext(platform, { campaign, count }, lang, now, true);
  showPage(request, response, 'campaigns/show', context);
}

const done: Readonly<Record<string, string>> = {
  created: 'The draft is saved. Nobody sees it until you publish it.',
  saved: 'Saved.',
  merged: 'Saved, together with what somebody else changed while you were editing:',
  publish: 'It is public now.',
  unpublish: 'It is no longer public. Its petitions stay as they are.',
};

function doneMessage({ query }: Request) {
  const name = String(query.done ?? '');
  const message = Object.hasOwn(done, name) ? done[name] : undefined;
  const task = readId(query.task);
  const merged = String(query.with ?? '')
    .split(' ')
    .map(campaignLabel)
    .join(', ');
  return (
    message && {
      message: name === 'merged' ? `${message} ${merged}.` : message,
      task: task && `/organize/tasks/${task.toHexString()}`,
    }
  );
}
