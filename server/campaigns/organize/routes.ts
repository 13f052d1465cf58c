import type { Request, Response } from 'express';
import { record } from '../../audit/entry.ts';
import { HttpError } from '../../errors.ts';
import { formOf } from '../../middleware/form-body.ts';
import type { OrganizeRoute, SignedIn } from '../../middleware/guard.ts';
import { pictureForm, pictureOf } from '../../middleware/picture-form.ts';
import { organizePage } from '../../organize/chrome.ts';
import { Organizer, organizerView } from '../../organizers/organizer.ts';
import { languageOf, showPage } from '../../page.ts';
import type { Problems } from '../../petitions/organize/form.ts';
import type { Merged } from '../../petitions/organize/merge.ts';
import type { Typed } from '../../petitions/organize/typed.ts';
import type { Platform } from '../../platform.ts';
import { Campaign, campaignTextIn } from '../campaign.ts';
import { readCampaignCount } from '../count.ts';
import { listCampaigns } from '../find.ts';
import { beginRecount } from '../members.ts';
import { campaignContext } from '../routes.ts';
import { campaignCard } from '../view.ts';
import { editCampaign, readCampaign, receiveCampaign, slugTaken } from './edit.ts';
import { readNumbers } from './numbers.ts';
import { createCampaign, publishCampaign, unpublishCampaign } from './save.ts';
import { blankCampaign, typedCampaign } from './typed.ts';
import { campaignEditorView, campaignLabel, campaignMergeView, campaignPath, listChoices } from './view.ts';

const path = '/organize/campaigns';

/** Campaigns as organizers make them: their texts and petitions, their numbers, and whether the public sees them. */
export function campaignOrganizeRoutes(platform: Platform): OrganizeRoute[] {
  const before = [pictureForm()];
  return [
    {
      method: 'get',
      path,
      needs: 'petition.view',
      handle: (request, response, who) => showList(platform, request, response, who),
    },
    {
      method: 'get',
      path: `${path}/new`,
      needs: 'campaign.edit',
      handle: (request, response, who) =>
        showEditor(platform, request, response, who, { typed: blankCampaign }),
    },
    {
      method: 'post',
      path,
      needs: 'campaign.edit',
      before,
      handle: (request, response, who) => create(platform, request, response, who),
    },
    {
      method: 'get',
      path: `${path}/:campaign`,
      needs: 'petition.view',
      handle: (request, response, who) => showCampaign(platform, request, response, who),
    },
    {
      method: 'get',
      path: `${path}/:campaign/edit`,
      needs: 'campaign.edit',
      async handle(request, response, who) {
        const campaign = await campaignOf(request);
        await showEditor(platform, request, response, who, { typed: typedCampaign(campaign), campaign });
      },
    },
    {
      method: 'post',
      path: `${path}/:campaign/edit`,
      needs: 'campaign.edit',
      before,
      handle: (request, response, who) => save(platform, request, response, who),
    },
    {
      method: 'get',
      path: `${path}/:campaign/preview`,
      needs: 'petition.view',
      handle: (request, response) => showPreview(platform, request, response),
    },
    {
      method: 'post',
      path: `${path}/:campaign/publication`,
      needs: 'campaign.publish',
      handle: (request, response, who) => publish(request, response, who, 'campaign.publish'),
    },
    {
      method: 'post',
      path: `${path}/:campaign/publication/cancellation`,
      needs: 'campaign.publish',
      handle: (request, response, who) => publish(request, response, who, 'campaign.unpublish'),
    },
  ];
}

/** The campaign of `:campaign`. */
async function campaignOf({ params }: Request): Promise<Campaign> {
  const id = String(params.campaign);
  const campaign = /^[0-9a-f]{24}$/.test(id) ? await Campaign.findById(id).lean<Campaign>() : null;
  if (!campaign) throw new HttpError(404);
  return campaign;
}

async function showList(
  platform: Platform,
  request: Request,
  response: Response,
  who: SignedIn,
): Promise<void> {
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

async function showCampaign(
  platform: Platform,
  request: Request,
  response: Response,
  who: SignedIn,
): Promise<void> {
  const campaign = await campaignOf(request);
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

async function create(
  platform: Platform,
  request: Request,
  response: Response,
  who: SignedIn,
): Promise<void> {
  const { typed, problems: received } = await receiveCampaign(formOf(request), pictureOf(request));
  const { form, problems } = await readCampaign(typed, received);
  const again = (wrong: Problems) =>
    showEditor(platform, request, response.status(422), who, { typed, problems: wrong });
  if (!form) return again(problems);
  const created = await createCampaign(form, typed.picture ?? '', who.organizer, typed.draft);
  if (created.outcome === 'slugTaken') return again({ slug: slugTaken });
  const { _id: organizer } = who.organizer;
  if (created.outcome === 'created')
    await record({
      ...{ organizer, action: 'campaign.create', subject: String(created.id) },
      details: { campaign: form.slug, petitions: form.petitions.length },
    });
  await beginRecount(platform, created.id, organizer);
  response.redirect(303, `${campaignPath({ _id: created.id })}?done=created`);
}

async function save(platform: Platform, request: Request, response: Response, who: SignedIn): Promise<void> {
  const campaign = await campaignOf(request);
  const received = await receiveCampaign(formOf(request), pictureOf(request));
  const edited = await editCampaign(campaign, received, who.organizer);
  if (edited.outcome === 'refused') {
    const { merged, problems, stored } = edited;
    const status = merged.conflicts.length > 0 ? 409 : 422;
    const shown = { typed: merged.typed, problems, merged, campaign: stored };
    return showEditor(platform, request, response.status(status), who, shown);
  }
  const address = campaignPath(campaign);
  if (edited.outcome === 'unchanged') return response.redirect(303, `${address}?done=saved`);
  const { fields, merged, moved } = edited;
  const isMerged = merged.length > 0;
  const { _id: organizer } = who.organizer;
  await record({
    ...{ organizer, action: 'campaign.edit', subject: campaign._id.toHexString() },
    details: {
      ...{ campaign: campaign.slug, fields: fields.join(', ') },
      ...(isMerged && { merged: merged.join(', ') }),
    },
  });
  const task = moved.length > 0 && (await beginRecount(platform, campaign._id, organizer));
  const done = `done=${isMerged ? `merged&with=${merged.join('+')}` : 'saved'}`;
  response.redirect(303, `${address}?${done}${task ? `&task=${task.toHexString()}` : ''}`);
}

async function publish(
  request: Request,
  response: Response,
  who: SignedIn,
  action: 'campaign.publish' | 'campaign.unpublish',
): Promise<void> {
  const campaign = await campaignOf(request);
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
async function showPreview(platform: Platform, request: Request, response: Response): Promise<void> {
  const now = new Date();
  const campaign = await campaignOf(request);
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
  const task = /^[0-9a-f]{24}$/.test(String(query.task)) ? `/organize/tasks/${query.task}` : undefined;
  const merged = String(query.with ?? '')
    .split(' ')
    .map(campaignLabel)
    .join(', ');
  return message && { message: name === 'merged' ? `${message} ${merged}.` : message, task };
}

/** The form; with `merged` where it was put together with what somebody else saved since it was opened. */
async function showEditor(
  platform: Platform,
  request: Request,
  response: Response,
  who: SignedIn,
  shown: { typed: Typed; problems?: Problems; merged?: Merged; campaign?: Campaign },
): Promise<void> {
  const { typed, problems = {}, merged, campaign } = shown;
  const title = campaign ? campaignTextIn(campaign, campaign.language).title : 'New campaign';
  const choices = await listChoices();
  showPage(request, response, 'organize/campaigns/edit', {
    ...organizePage(platform, who, campaign ? `Edit: ${title}` : title, 'campaigns'),
    ...campaignEditorView({ typed, problems, now: new Date() }, choices, campaign),
    ...(campaign && {
      backUrl: campaignPath(campaign),
      backTitle: title,
      publicUrl: `/campaigns/${campaign.slug}`,
    }),
    ...(merged &&
      campaign && {
        merge: campaignMergeView(campaign, typed, merged, { by: await nameOf(platform, campaign), choices }),
      }),
  });
}

async function nameOf(platform: Platform, { editedBy }: Campaign): Promise<string> {
  const organizer = editedBy && (await Organizer.findById(editedBy).lean<Organizer>());
  return organizer ? organizerView(platform, organizer).name : 'Somebody else';
}
