import { randomUUID } from 'node:crypto';
import express, { type Request, type Response } from 'express';
import { z } from 'zod';
import { beginAuthentication, finishAuthentication } from '../account/passkeys.ts';
import { record } from '../audit/entry.ts';
import { HttpError, sendError } from '../errors.ts';
import { formBody, formOf } from '../middleware/form-body.ts';
import { type OrganizeRoute, setSessionCookie } from '../middleware/guard.ts';
import { blockOf, limitBy, type TooMany } from '../middleware/rate-limits.ts';
import { type AccessLink, findAccessLink, mailAccessLink, useAccessLink } from '../organizers/access-link.ts';
import {
  acceptInvitation,
  hasOwner,
  inviteOrganizer,
  Organizer,
  organizerView,
} from '../organizers/organizer.ts';
import { showPage } from '../page.ts';
import type { Platform } from '../platform.ts';
import { plainName } from '../signatures/form.ts';
import { type Address, parseAddress } from '../signers/address.ts';
import { beginSession } from './session.ts';

const plain = { lang: 'en' as const };
const pageOf = (title: string) => ({ ...plain, page: { title, noindex: true } });
const jsonBody = express.json({ limit: '32kb' });
const tooMany: TooMany = (request, response, again) => sendError(request, response, 429, again);

/** Coming in: by a mailed link or a passkey. No answer tells whether an address has an account. */
export function signInRoutes(platform: Platform): OrganizeRoute[] {
  const perBlock = limitBy(platform, 'signInPerBlock', blockOf(platform), tooMany);
  const perAddress = limitBy(
    platform,
    'signInPerAddress',
    (request) => platform.vault.emailKeyOf(formOf(request).email ?? ''),
    tooMany,
  );
  return [
    {
      method: 'get',
      path: '/organize/sign-in',
      needs: 'nobody',
      handle: (request, response) => showSignIn(request, response, {}),
    },
    {
      method: 'post',
      path: '/organize/sign-in',
      needs: 'nobody',
      before: [formBody(), perBlock, perAddress],
      handle(request, response) {
        const { email = '' } = formOf(request);
        const address = parseAddress(email);
        if (!address)
          return showSignIn(request, response.status(422), {
            email,
            error: 'This does not look like an e-mail address.',
          });
        // Not waited for: an answer that took longer would tell.
        mailSignInLink(platform, address).catch((error) =>
          platform.log.error({ err: error }, 'no sign-in mail'),
        );
        response.redirect(303, '/organize/sign-in/sent');
      },
    },
    {
      method: 'get',
      path: '/organize/sign-in/sent',
      needs: 'nobody',
      handle: (request, response) =>
        showPage(request, response, 'organize/sign-in-sent', pageOf('Check your e-mail')),
    },
    {
      method: 'get',
      path: '/organize/enter/:token',
      needs: 'nobody',
      before: [perBlock],
      async handle(request, response) {
        showEntrance(platform, request, response, await openLink(platform, request), {});
      },
    },
    {
      method: 'post',
      path: '/organize/enter/:token',
      needs: 'nobody',
      before: [formBody(), perBlock],
      handle: (request, response) => enter(platform, request, response),
    },
    {
      method: 'post',
      path: '/organize/sign-in/passkey/options',
      needs: 'nobody',
      before: [perBlock, jsonBody],
      async handle(_request, response) {
        const ceremony = randomUUID();
        response.json({ ceremony, options: await beginAuthentication(platform, ceremony) });
      },
    },
    {
      method: 'post',
      path: '/organize/sign-in/passkey',
      needs: 'nobody',
      before: [perBlock, jsonBody],
      async handle(request, response) {
        const answer = passkeyAnswer.safeParse(request.body);
        if (!answer.success) throw new HttpError(400);
        const { ceremony, response: credential } = answer.data;
        const organizer = await finishAuthentication(platform, ceremony, credential as never);
        if (!organizer) throw new HttpError(403);
        await letIn(platform, request, response, organizer, 'passkey');
        response.json({ next: '/organize' });
      },
    },
  ];
}

const passkeyAnswer = z.object({
  ceremony: z.uuid(),
  response: z.looseObject({ id: z.string().max(1_000) }),
});

async function mailSignInLink(platform: Platform, address: Address): Promise<void> {
  const emailKey = platform.vault.emailKey(address.canonical);
  const organizer = await Organizer.findOne({ emailKey, endedAt: null }, { acceptedAt: 1 }).lean();
  if (organizer)
    await mailAccessLink(platform, organizer.acceptedAt ? 'signIn' : 'invitation', organizer._id);
}

type Entrance = { link: AccessLink; organizer: Organizer | null };

/** The link of the address, with whom it is for. Throws 410 where it was used, has expired or is for nobody. */
async function openLink(platform: Platform, request: Request): Promise<Entrance> {
  const link = await findAccessLink(platform, String(request.params.token));
  const organizer = link?.organizer
    ? await Organizer.findOne({ _id: link.organizer, endedAt: null }).lean<Organizer>()
    : null;
  const isOpen = link && (link.kind === 'firstOwner' ? !(await hasOwner()) : organizer);
  if (!isOpen) throw new HttpError(410);
  return { link, organizer };
}

async function enter(platform: Platform, request: Request, response: Response): Promise<void> {
  const { link, organizer } = await openLink(platform, request);
  const { name: typedName = '', email: typedEmail = '' } = formOf(request);
  const needsName = link.kind !== 'signIn';
  const name = plainName.safeParse(typedName);
  const address = link.kind === 'firstOwner' ? parseAddress(typedEmail) : undefined;
  const errors = {
    name: needsName && !name.success ? 'Enter your name, without web addresses.' : undefined,
    email:
      link.kind === 'firstOwner' && !address
        ? 'Enter your e-mail address, such as name@example.org.'
        : undefined,
  };
  if (errors.name || errors.email) {
    const typed = { name: typedName, email: typedEmail, errors };
    showEntrance(platform, request, response.status(422), { link, organizer }, typed);
    return;
  }
  if (!(await useAccessLink(link))) throw new HttpError(410);
  const account = organizer ?? (address && (await makeOwner(platform, address)));
  if (!account) throw new HttpError(410);
  if (needsName && name.success) await acceptInvitation(platform, account, name.data);
  await letIn(platform, request, response, account._id, link.kind);
  response.redirect(303, '/organize');
}

/** The first owner's account; an address that was invited before becomes the owner's. */
async function makeOwner(platform: Platform, address: Address): Promise<Organizer | null> {
  await inviteOrganizer(platform, address, 'owner');
  return Organizer.findOneAndUpdate(
    { emailKey: platform.vault.emailKey(address.canonical) },
    { $set: { role: 'owner' }, $unset: { endedAt: 1 } },
    { returnDocument: 'after' },
  ).lean<Organizer>();
}

async function letIn(
  platform: Platform,
  request: Request,
  response: Response,
  organizer: Organizer['_id'],
  by: string,
) {
  setSessionCookie(response, await beginSession(platform.redis, organizer, request.get('User-Agent') ?? ''));
  await record({ organizer, action: 'session.begin', details: { by } });
}

function showSignIn(
  request: Request,
  response: Response,
  { email = '', error }: { email?: string; error?: string },
): void {
  showPage(request, response, 'organize/sign-in', { ...pageOf('Sign in'), email, error });
}

function showEntrance(
  platform: Platform,
  request: Request,
  response: Response,
  { link, organizer }: Entrance,
  typed: { name?: string; email?: string; errors?: { name?: string; email?: string } },
): void {
  showPage(request, response, 'organize/enter', {
    ...pageOf(link.kind === 'signIn' ? 'Sign in' : 'Welcome'),
    action: request.originalUrl,
    isSignIn: link.kind === 'signIn',
    isFirst: link.kind === 'firstOwner',
    email: organizer ? organizerView(platform, organizer).email : undefined,
    typed,
  });
}
