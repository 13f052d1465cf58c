import express, { type Request, type Response } from 'express';
import { z } from 'zod';
import { record } from '../audit/entry.ts';
import { HttpError } from '../errors.ts';
import { type OrganizeRoute, type SignedIn, setSessionCookie } from '../middleware/guard.ts';
import { organizePage } from '../organize/chrome.ts';
import { showPage } from '../page.ts';
import type { Platform } from '../platform.ts';
import { endSession, endSessions, listSessions } from '../sessions/session.ts';
import { beginRegistration, finishRegistration, removePasskey } from './passkeys.ts';

const jsonBody = express.json({ limit: '32kb' });
const newPasskey = z.object({
  name: z.string().trim().min(1).max(60),
  response: z.looseObject({ id: z.string().max(1_000) }),
});

/** One's own account: where one is signed in, and one's passkeys. */
export function accountRoutes(platform: Platform): OrganizeRoute[] {
  const { redis } = platform;
  const back = (response: Response) => response.redirect(303, '/organize/account');
  return [
    {
      method: 'get',
      path: '/organize/account',
      needs: 'account',
      handle: (request, response, who) => showAccount(platform, request, response, who),
    },
    {
      method: 'post',
      path: '/organize/sign-out',
      needs: 'account',
      async handle(_request, response, { organizer, session }) {
        await endSession(redis, organizer._id, session.id);
        setSessionCookie(response, undefined);
        response.redirect(303, '/organize/sign-in');
      },
    },
    {
      method: 'post',
      path: '/organize/account/sessions/:session/end',
      needs: 'account',
      async handle({ params }, response, { organizer }) {
        await endSession(redis, organizer._id, String(params.session));
        await record({ organizer: organizer._id, action: 'session.end' });
        back(response);
      },
    },
    {
      method: 'post',
      path: '/organize/account/other-sessions/end',
      needs: 'account',
      async handle(_request, response, { organizer, session }) {
        await endSessions(redis, organizer._id, session.id);
        await record({ organizer: organizer._id, action: 'session.endOthers' });
        back(response);
      },
    },
    {
      method: 'post',
      path: '/organize/account/passkeys/options',
      needs: 'account',
      async handle(_request, response, { organizer, session }) {
        response.json(await beginRegistration(platform, organizer, session.id));
      },
    },
    {
      method: 'post',
      path: '/organize/account/passkeys',
      needs: 'account',
      before: [jsonBody],
      async handle(request, response, { organizer, session }) {
        const given = newPasskey.safeParse(request.body);
        if (!given.success) throw new HttpError(400);
        const { name, response: credential } = given.data;
        const outcome = await finishRegistration(platform, organizer, session.id, credential as never, name);
        if (outcome === 'refused') throw new HttpError(422);
        await record({ organizer: organizer._id, action: 'passkey.add' });
        response.json({ next: '/organize/account' });
      },
    },
    {
      method: 'post',
      path: '/organize/account/passkeys/:passkey/removal',
      needs: 'account',
      async handle({ params }, response, { organizer }) {
        await removePasskey(organizer, String(params.passkey));
        await record({ organizer: organizer._id, action: 'passkey.remove' });
        back(response);
      },
    },
  ];
}

async function showAccount(
  platform: Platform,
  request: Request,
  response: Response,
  who: SignedIn,
): Promise<void> {
  const sessions = await listSessions(platform.redis, who.organizer._id);
  showPage(request, response, 'organize/account', {
    ...organizePage(platform, who, 'Your account'),
    sessions: sessions.map(({ id, device, createdAt, seenAt }) => ({
      id,
      device: deviceName(device),
      since: new Date(createdAt),
      seen: new Date(seenAt),
      isThis: id === who.session.id,
    })),
    passkeys: who.organizer.passkeys.map(({ _id, name, createdAt, lastUsedAt }) => ({
      id: _id,
      name,
      createdAt,
      lastUsedAt,
    })),
  });
}

/** `Firefox on Android`, from what a browser calls itself. */
export function deviceName(agent: string): string {
  const browser = /(Edg|OPR|Firefox|Chrome|Safari)\//.exec(agent)?.[1] ?? 'A browser';
  const system = /(Android|iPhone|iPad|Windows|Mac OS X|CrOS|Linux)/.exec(agent)?.[1];
  const names: Record<string, string> = { Edg: 'Edge', OPR: 'Opera', 'Mac OS X': 'macOS', CrOS: 'ChromeOS' };
  return [names[browser] ?? browser, system && (names[system] ?? system)].filter(Boolean).join(' on ');
}
