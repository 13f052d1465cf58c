import type { Request, Response } from 'express';
import { sendError } from '../../errors.ts';
import { formBody, formOf } from '../../middleware/form-body.ts';
import { type OrganizeRoute, whoIs } from '../../middleware/guard.ts';
import { blockOf, limitBy } from '../../middleware/rate-limits.ts';
import {
  asksForAddress,
  asksForName,
  type Entrance,
  findEntrance,
  passEntrance,
} from '../../organizers/entrance.ts';
import { organizerView } from '../../organizers/organizer.ts';
import { showPage } from '../../page.ts';
import type { Platform } from '../../platform.ts';
import { plainName } from '../../signatures/form.ts';
import { parseAddress } from '../../signers/address.ts';
import { nextPath } from '../next.ts';
import { letIn } from '../routes.ts';

/** Coming in by a link: opening it changes nothing, however often a mail scanner does; its button uses it up. */
export function entranceRoutes(platform: Platform): OrganizeRoute[] {
  const perBlock = limitBy(platform, { linkPerBlock: blockOf(platform) }, (request, response, again) =>
    sendError(request, response, 429, again),
  );
  const entranceOf = ({ params }: Request) => findEntrance(platform, String(params.token));
  return [
    {
      method: 'get',
      path: '/organize/enter/:token',
      needs: 'nobody',
      before: [perBlock],
      async handle(request, response) {
        const entrance = await entranceOf(request);
        if (!entrance) return showUsedUp(platform, request, response);
        showEntrance(platform, request, response, entrance, {});
      },
    },
    {
      method: 'post',
      path: '/organize/enter/:token',
      needs: 'nobody',
      before: [perBlock, formBody()],
      async handle(request, response) {
        const entrance = await entranceOf(request);
        if (!entrance) return showUsedUp(platform, request, response);
        await enter(platform, request, response, entrance);
      },
    },
  ];
}

async function enter(platform: Platform, request: Request, response: Response, entrance: Entrance) {
  const typed = formOf(request);
  const name = asksForName(entrance) ? plainName.safeParse(typed.name) : undefined;
  const address = asksForAddress(entrance) ? parseAddress(typed.email ?? '') : undefined;
  const errors = {
    name: name && !name.success ? 'Enter your name, without web addresses.' : undefined,
    email: asksForAddress(entrance) && !address ? 'Enter your e-mail address, such as name@example.org.' : '',
  };
  if (errors.name || errors.email) {
    const { name: typedName, email } = typed;
    showEntrance(platform, request, response.status(422), entrance, { name: typedName, email, errors });
    return;
  }
  // Where no session can begin, the link must not be used up.
  await platform.redis.ping();
  const organizer = await passEntrance(platform, entrance, { name: name?.data, address });
  if (!organizer) return showUsedUp(platform, request, response);
  await letIn(platform, request, response, organizer, entrance.link.kind);
  response.redirect(303, nextPath(entrance.link.next) ?? '/organize');
}

type TypedName = { name?: string; email?: string; errors?: { name?: string; email?: string } };

function showEntrance(
  platform: Platform,
  request: Request,
  response: Response,
  entrance: Entrance,
  typed: TypedName,
): void {
  const { organizer } = entrance;
  showPage(request, response, 'organize/enter', {
    lang: 'en',
    page: { title: asksForName(entrance) ? 'Welcome' : 'Sign in', noindex: true },
    width: 'narrow',
    action: request.path,
    asksForName: asksForName(entrance),
    asksForAddress: asksForAddress(entrance),
    email: organizer && organizerView(platform, organizer).email,
    role: organizer?.role,
    typed,
  });
}

/** The same for a link that was used, has expired or was made up; whoever used it in this browser can go on. */
async function showUsedUp(platform: Platform, request: Request, response: Response): Promise<void> {
  showPage(request, response.status(410), 'organize/enter', {
    lang: 'en',
    page: { title: 'This link does not work any more', noindex: true },
    width: 'narrow',
    isUsedUp: true,
    isSignedIn: Boolean(await whoIs(platform, request)),
  });
}
