import { randomUUID } from 'node:crypto';
import express, { type Request, type Response } from 'express';
import { z } from 'zod';
import { beginAuthentication, finishAuthentication } from '../account/passkeys/passkeys.ts';
import { record } from '../audit/entry.ts';
import { HttpError, sendError } from '../errors.ts';
import { formBody, formOf } from '../middleware/form-body.ts';
import { type OrganizeRoute, whoIs } from '../middleware/guard.ts';
import { blockOf, limitBy, type TooMany } from '../middleware/rate-limits.ts';
import { sessionTokenOf, setSessionCookie } from '../middleware/session-cookie.ts';
import type { Organizer } from '../organizers/organizer.ts';
import { mailSignInLink } from '../organizers/sign-in.ts';
import { showPage } from '../page.ts';
import type { Platform } from '../platform.ts';
import { parseAddress } from '../signers/address.ts';
import { pingMongo } from '../stores.ts';
import { nextPath } from './next.ts';
import { beginSession, endSession } from './session.ts';

const jsonBody = express.json({ limit: '32kb' });
const tooMany: TooMany = (request, response, again) => sendError(request, response, 429, again);

/** Coming in: by a mailed link or a passkey. No answer tells whether an address has an account. */
export function signInRoutes(platform: Platform): OrganizeRoute[] {
  const block = blockOf(platform);
  const perBlock = limitBy(platform, { signInPerBlock: block }, tooMany);
  const questionsPerBlock = limitBy(platform, { linkPerBlock: block }, tooMany);
  const mailLimits = limitBy(
    platform,
    {
      signInPerBlock: block,
      signInPerAddress: (request) => platform.vault.emailKeyOf(formOf(request).email ?? ''),
    },
    tooMany,
  );
  return [
    {
      method: 'get',
      path: '/organize/sign-in',
      needs: 'nobody',
      async handle(request, response) {
        const next = nextPath(request.query.next);
        if (await whoIs(platform, request)) return response.redirect(303, next ?? '/organize');
        showSignIn(request, response, { next, hasEnded: Boolean(sessionTokenOf(platform, request)) });
      },
    },
    {
      method: 'post',
      path: '/organize/sign-in',
      needs: 'nobody',
      before: [formBody(), mailLimits],
      handle: (request, response) => askForLink(platform, request, response),
    },
    {
      method: 'get',
      path: '/organize/sign-in/sent',
      needs: 'nobody',
      handle: (request, response) =>
        showPage(request, response, 'organize/sign-in-sent', {
          lang: 'en',
          page: { title: 'Check your e-mail', noindex: true },
          width: 'narrow',
        }),
    },
    {
      method: 'post',
      path: '/organize/sign-in/passkey/options',
      needs: 'nobody',
      before: [questionsPerBlock],
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
      handle: (request, response) => signInWithPasskey(platform, request, response),
    },
  ];
}

async function askForLink(platform: Platform, request: Request, response: Response): Promise<void> {
  const { email = '', next: asked } = formOf(request);
  const next = nextPath(asked);
  const address = parseAddress(email);
  if (!address) {
    const error = 'This does not look like an e-mail address.';
    showSignIn(request, response.status(422), { email, next, error });
    return;
  }
  // Whoever it is, no mail can be promised without the database.
  await pingMongo().catch(() => {
    throw new HttpError(503);
  });
  // Not waited for: an answer that took longer would tell.
  mailSignInLink(platform, address, next).catch((error) =>
    platform.log.error({ err: error }, 'no sign-in mail'),
  );
  response.redirect(303, '/organize/sign-in/sent');
}

const passkeyAnswer = z.object({
  ceremony: z.uuid(),
  next: z.string().optional().catch(undefined),
  response: z.looseObject({ id: z.string().max(1_000) }),
});

async function signInWithPasskey(platform: Platform, request: Request, response: Response): Promise<void> {
  const answer = passkeyAnswer.safeParse(request.body);
  if (!answer.success) throw new HttpError(400);
  const { ceremony, response: credential, next } = answer.data;
  const proof = await finishAuthentication(platform, ceremony, credential as never);
  if (proof.outcome !== 'proved') throw new HttpError(proof.outcome === 'late' ? 410 : 403);
  await letIn(platform, request, response, proof.organizer, 'passkey');
  response.json({ next: nextPath(next) ?? '/organize' });
}

/** Begins a session in this browser; one that it had before ends. */
export async function letIn(
  platform: Platform,
  request: Request,
  response: Response,
  organizer: Organizer['_id'],
  by: string,
): Promise<void> {
  const before = await whoIs(platform, request);
  if (before) await endSession(platform.redis, before.organizer._id, before.session.id);
  const token = await beginSession(platform.redis, organizer, request.get('User-Agent') ?? '');
  setSessionCookie(platform, response, token);
  await record({ organizer, action: 'session.begin', details: { by } });
}

function showSignIn(
  request: Request,
  response: Response,
  shown: { email?: string; next?: string; error?: string; hasEnded?: boolean },
): void {
  showPage(request, response, 'organize/sign-in', {
    lang: 'en',
    page: { title: 'Sign in', noindex: true },
    width: 'narrow',
    script: 'js/passkeys.js',
    ...shown,
  });
}
