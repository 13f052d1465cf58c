import type { Request } from 'express';
import { letterLimits } from '../../../../config/limits.ts';
import { HttpError } from '../../../errors.ts';
import { formBody, formOf } from '../../../middleware/form-body.ts';
import type { Exchange, OrganizeRoute, SignedIn } from '../../../middleware/guard.ts';
import { showPage } from '../../../page.ts';
import type { Platform } from '../../../platform.ts';
import { readId } from '../../../record-id.ts';
import { Target } from '../../target.ts';
import { type Problems, readTarget } from '../form.ts';
import { letterPage } from '../page.ts';
import { letterPath, oneTargetView, targetFormView } from '../view.ts';
import * as list from './targets.ts';

const path = '/organize/petitions/:petition/letter/targets';
type Which = { petition: SignedIn['petition']; id: Target['_id'] };

/** To whom a letter goes: added one by one; each can be changed, paused and taken off. */
export function targetRoutes(platform: Platform): OrganizeRoute[] {
  const needs = 'petition.edit';
  const route = (
    method: 'get' | 'post',
    rest: string,
    handle: (exchange: Exchange) => void | Promise<void>,
    before?: OrganizeRoute['before'],
  ): OrganizeRoute => ({
    ...{ method, path: `${path}${rest}`, needs, before },
    handle: (request, response, who) => {
      if (who.petition.kind !== 'letter') throw new HttpError(404);
      return handle({ platform, request, response, who });
    },
  });
  const form = [formBody()];
  const step = (name: string, take: (which: Which, exchange: Exchange) => Promise<unknown>) =>
    route(
      'post',
      `/:target/${name}`,
      async (exchange) => {
        const which = await whichOf(exchange);
        await take(which, exchange);
        exchange.response.redirect(303, targetPath(which));
      },
      form,
    );
  return [
    route('post', '', add, form),
    route('get', '/:target', async (exchange) => showTarget(exchange, await targetOf(exchange))),
    route('post', '/:target', change, form),
    step('pause', (which, { who }) => list.pauseTarget(which, who.organizer, 'organizer')),
    step('bounce', (which, { who }) => list.pauseTarget(which, who.organizer, 'bounced')),
    step('resumption', (which, { who }) => list.resumeTarget(platform, which, who.organizer)),
    step('again', async (which, { who, request }) => {
      const what = formOf(request).what === 'unclear' ? 'unclear' : 'failed';
      await list.sendAgain(platform, which, what, who.organizer);
    }),
    route(
      'post',
      '/:target/removal',
      async (exchange) => {
        const which = await whichOf(exchange);
        await list.removeTarget(which, exchange.who.organizer);
        exchange.response.redirect(303, `${letterPath(which.petition)}?done=removed#targets`);
      },
      form,
    ),
  ];
}

const targetPath = ({ petition, id }: Which) => letterPath(petition, `targets/${id.toHexString()}`);

async function targetOf({ request, who }: Pick<Exchange, 'request' | 'who'>): Promise<Target> {
  const _id = readId((request as Request).params.target);
  const found = _id && (await Target.findOne({ _id, petition: who.petition._id }).lean<Target>());
  if (!found) throw new HttpError(404);
  return found;
}

const whichOf = async (exchange: Exchange): Promise<Which> => ({
  petition: exchange.who.petition,
  id: (await targetOf(exchange))._id,
});

const there = { address: 'This address is on the list already.' };

async function add(exchange: Exchange): Promise<void> {
  const { request, response, who } = exchange;
  const typed = formOf(request);
  const read = readTarget(who.petition, typed);
  const refuse = (problems: Problems) =>
    show({ ...exchange, response: response.status(422) }, 'new', 'Add a target', {
      target: { form: targetFormView(who.petition, typed, problems) },
    });
  if (read.outcome === 'refused') return refuse(read.problems);
  const added = await list.addTarget(who.petition, read.target, who.organizer);
  if (added === 'there') return refuse(there);
  if (added === 'full') return refuse({ name: `A letter has at most ${letterLimits.targets} targets.` });
  response.redirect(303, `${letterPath(who.petition)}?done=added#targets`);
}

async function change(exchange: Exchange): Promise<void> {
  const { request, response, who } = exchange;
  const target = await targetOf(exchange);
  const typed = formOf(request);
  const read = readTarget(who.petition, typed);
  const refuse = (problems: Problems) =>
    showTarget({ ...exchange, response: response.status(422) }, target, { typed, problems });
  if (read.outcome === 'refused') return refuse(read.problems);
  const which = { petition: who.petition, id: target._id };
  const changed = await list.changeTarget(which, read.target, who.organizer);
  if (changed === 'there') return refuse(there);
  response.redirect(303, `${targetPath(which)}?done=changed`);
}

async function showTarget(
  exchange: Exchange,
  target: Target,
  { typed, problems }: { typed?: Record<string, string>; problems?: Problems } = {},
): Promise<void> {
  const { name, title, address, language } = target;
  const { petition } = exchange.who;
  const stored = { name, title: title ?? '', address, language, salutation: target.salutation ?? '' };
  show(exchange, 'target', name, {
    target: {
      ...(await oneTargetView(petition, target)),
      form: targetFormView(petition, typed ?? stored, problems),
    },
    done: exchange.request.query.done === 'changed' ? 'Saved.' : undefined,
  });
}

function show(
  { platform, request, response, who }: Exchange,
  view: 'new' | 'target',
  title: string,
  context: Record<string, unknown>,
): void {
  const page = letterPage(platform, who, title);
  showPage(request, response, `organize/letters/${view}`, { ...page, ...context });
}
