import { record } from '../../../audit/entry.ts';
import { formOf } from '../../../middleware/form-body.ts';
import type { Exchange, OrganizeRoute } from '../../../middleware/guard.ts';
import { pictureForm, pictureOf } from '../../../middleware/picture-form.ts';
import { organizePage } from '../../../organize/chrome.ts';
import { Organizer, organizerView } from '../../../organizers/organizer.ts';
import { showPage } from '../../../page.ts';
import type { Problems } from '../../../petitions/organize/form.ts';
import type { Merged } from '../../../petitions/organize/merge.ts';
import type { Typed } from '../../../petitions/organize/typed.ts';
import type { Platform } from '../../../platform.ts';
import { type Campaign, campaignTextIn } from '../../campaign.ts';
import { beginRecount } from '../../members.ts';
import { editCampaign, readCampaign, receiveCampaign, slugTaken } from '../edit.ts';
import { campaignOf } from '../page.ts';
import { createCampaign } from '../save.ts';
import { blankCampaign, typedCampaign } from '../typed.ts';
import { campaignEditorView, campaignMergeView, campaignPath, listChoices } from '../view.ts';

const path = '/organize/campaigns';

/** Making a campaign and changing it. */
export function campaignEditorRoutes(platform: Platform): OrganizeRoute[] {
  const route = (
    method: 'get' | 'post',
    rest: string,
    handle: (exchange: Exchange) => Promise<void>,
  ): OrganizeRoute => ({
    ...{ method, path: `${path}${rest}`, needs: 'campaign.edit' },
    ...(method === 'post' && { before: [pictureForm()] }),
    handle: (request, response, who) => handle({ platform, request, response, who }),
  });
  return [
    route('get', '/new', (exchange) => showEditor(exchange, { typed: blankCampaign })),
    route('post', '', create),
    route('get', '/:campaign/edit', async (exchange) => {
      const campaign = await campaignOf(exchange.request.params.campaign);
      await showEditor(exchange, { typed: typedCampaign(campaign), campaign });
    }),
    route('post', '/:campaign/edit', save),
  ];
}

type Shown = { typed: Typed; problems?: Problems; merged?: Merged; campaign?: Campaign };

/** The form once more, with what was wrong. */
const showAgain = (exchange: Exchange, status: number, shown: Shown) =>
  showEditor({ ...exchange, response: exchange.response.status(status) }, shown);

async function create(exchange: Exchange): Promise<void> {
  const { platform, request, response, who } = exchange;
  const { typed, problems: received } = await receiveCampaign(formOf(request), pictureOf(request));
  const { form, problems } = await readCampaign(typed, received);
  const again = (wrong: Problems) => showAgain(exchange, 422, { typed, problems: wrong });
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

async function save(exchange: Exchange): Promise<void> {
  const { platform, request, response, who } = exchange;
  const campaign = await campaignOf(exchange.request.params.campaign);
  const received = await receiveCampaign(formOf(request), pictureOf(request));
  const edited = await editCampaign(campaign, received, who.organizer);
  if (edited.outcome === 'refused') {
    const { merged, problems, stored } = edited;
    const status = merged.conflicts.length > 0 ? 409 : 422;
    return showAgain(exchange, status, { typed: merged.typed, problems, merged, campaign: stored });
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

/** The form; with `merged` where it was put together with what somebody else saved since it was opened. */
async function showEditor({ platform, request, response, who }: Exchange, shown: Shown): Promise<void> {
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
