import type { Request, Response } from 'express';
import { record } from '../audit/entry.ts';
import { formBody, formOf } from '../middleware/form-body.ts';
import type { OrganizeRoute, SignedIn } from '../middleware/guard.ts';
import { setSessionCookie } from '../middleware/session-cookie.ts';
import { organizePage } from '../organize/chrome.ts';
import { changeProfile, organizerView } from '../organizers/organizer.ts';
import { showPage } from '../page.ts';
import type { Platform } from '../platform.ts';
import { endSession, endSessions, listSessions } from '../sessions/session.ts';
import { profileForm } from './form.ts';
import { passkeysView, sessionsView } from './view.ts';

const done: Readonly<Record<string, string>> = {
  saved: 'Saved.',
  sessionEnded: 'That session has ended.',
  othersEnded: 'You are signed out everywhere but here.',
  passkeyAdded: 'The passkey is added. You can sign in with it from now on.',
  passkeyRenamed: 'The passkey has its new name.',
  passkeyGone: 'Nothing was changed: that passkey is not there any more.',
  passkeyRemoved: 'The passkey is removed: it no longer lets anybody in.',
};

/** One's own account: one's name, and where one is signed in. */
export function accountRoutes(platform: Platform): OrganizeRoute[] {
  const { redis } = platform;
  const needs = 'account';
  return [
    {
      method: 'get',
      path: '/organize/account',
      needs,
      handle: (request, response, who) => showAccount(platform, request, response, who),
    },
    {
      method: 'post',
      path: '/organize/account',
      needs,
      before: [formBody()],
      handle: (request, response, who) => saveProfile(platform, request, response, who),
    },
    {
      method: 'post',
      path: '/organize/sign-out',
      needs,
      async handle(_request, response, { organizer, session }) {
        await endSession(redis, organizer._id, session.id);
        setSessionCookie(platform, response, undefined);
        await record({ organizer: organizer._id, action: 'session.end' });
        response.redirect(303, '/organize/sign-in');
      },
    },
    accountChange('sessions/:session/end', async ({ params }, { organizer }) => {
      const hasEnded = await endSession(redis, organizer._id, String(params.session));
      return { done: 'sessionEnded', action: hasEnded && 'session.end' };
    }),
    accountChange('other-sessions/end', async (_request, { organizer, session }) => {
      await endSessions(redis, organizer._id, session.id);
      return { done: 'othersEnded', action: 'session.endOthers' };
    }),
  ];
}

/** A change of one's account that leads back to its page; `action` goes into the log, false where nothing changed. */
export const accountChange = (
  path: string,
  change: (request: Request, who: SignedIn) => Promise<{ done: string; action: string | false }>,
): OrganizeRoute => ({
  method: 'post',
  path: `/organize/account/${path}`,
  needs: 'account',
  before: [formBody()],
  async handle(request, response, who) {
    const { done, action } = await change(request, who);
    if (action) await record({ organizer: who.organizer._id, action });
    response.redirect(303, `/organize/account?done=${done}`);
  },
});

async function saveProfile(platform: Platform, request: Request, response: Response, who: SignedIn) {
  const typed = formOf(request);
  const form = profileForm.safeParse(typed);
  if (!form.success) {
    const error = 'Enter your name, without web addresses.';
    return showAccount(platform, request, response.status(422), who, { name: typed.name, error });
  }
  await changeProfile(platform, who.organizer, form.data);
  await record({ organizer: who.organizer._id, action: 'organizer.rename' });
  response.redirect(303, '/organize/account?done=saved');
}

async function showAccount(
  platform: Platform,
  request: Request,
  response: Response,
  who: SignedIn,
  typed: { name?: string; error?: string } = {},
): Promise<void> {
  const now = new Date();
  const sessions = await listSessions(platform.redis, who.organizer._id);
  showPage(request, response, 'organize/account', {
    ...organizePage(platform, who, 'Your account', 'account'),
    width: 'narrow',
    script: 'js/passkeys.js',
    done: done[String(request.query.done)],
    typed,
    profileName: typed.name ?? organizerView(platform, who.organizer).name,
    isFrench: who.organizer.language === 'fr',
    sessions: sessionsView(sessions, who.session, now),
    hasOthers: sessions.length > 1,
    passkeys: passkeysView(who.organizer, now),
  });
}
