import express from 'express';
import { record } from '../../audit/entry.ts';
import { HttpError } from '../../errors.ts';
import { formBody, formOf } from '../../middleware/form-body.ts';
import type { OrganizeRoute } from '../../middleware/guard.ts';
import type { Platform } from '../../platform.ts';
import { newPasskeyForm, passkeyNameForm } from '../form.ts';
import { beginRegistration, finishRegistration, removePasskey, renamePasskey } from './passkeys.ts';

const jsonBody = express.json({ limit: '32kb' });

/** One's passkeys. Adding one is a conversation of the page's script with the browser and with us. */
export function passkeyRoutes(platform: Platform): OrganizeRoute[] {
  const needs = 'account';
  return [
    {
      method: 'post',
      path: '/organize/account/passkeys/options',
      needs,
      async handle(_request, response, { organizer, session }) {
        response.json(await beginRegistration(platform, organizer, session.id));
      },
    },
    {
      method: 'post',
      path: '/organize/account/passkeys',
      needs,
      before: [jsonBody],
      async handle(request, response, { organizer, session }) {
        const form = newPasskeyForm.safeParse(request.body);
        if (!form.success) throw new HttpError(400);
        const { name, response: credential } = form.data;
        const outcome = await finishRegistration(platform, organizer, session.id, credential as never, name);
        if (outcome === 'refused') throw new HttpError(422);
        await record({ organizer: organizer._id, action: 'passkey.add' });
        response.json({ next: '/organize/account?done=passkeyAdded' });
      },
    },
    {
      method: 'post',
      path: '/organize/account/passkeys/:passkey/name',
      needs,
      before: [formBody()],
      async handle(request, response, { organizer }) {
        const form = passkeyNameForm.safeParse(formOf(request));
        if (!form.success) throw new HttpError(422);
        if (await renamePasskey(organizer, String(request.params.passkey), form.data.name))
          await record({ organizer: organizer._id, action: 'passkey.rename' });
        response.redirect(303, '/organize/account?done=passkeyRenamed');
      },
    },
    {
      method: 'post',
      path: '/organize/account/passkeys/:passkey/removal',
      needs,
      async handle({ params }, response, { organizer }) {
        if (await removePasskey(organizer, String(params.passkey)))
          await record({ organizer: organizer._id, action: 'passkey.remove' });
        response.redirect(303, '/organize/account?done=passkeyRemoved');
      },
    },
  ];
}
