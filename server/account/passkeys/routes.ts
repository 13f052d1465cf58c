import express from 'express';
import { record } from '../../audit/entry.ts';
import { HttpError } from '../../errors.ts';
import { formOf } from '../../middleware/form-body.ts';
import type { OrganizeRoute } from '../../middleware/guard.ts';
import type { Platform } from '../../platform.ts';
import { newPasskeyForm, passkeyNameForm } from '../form.ts';
import { accountChange } from '../routes.ts';
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
    accountChange('passkeys/:passkey/name', async (request, { organizer }) => {
      const form = passkeyNameForm.safeParse(formOf(request));
      if (!form.success) throw new HttpError(422);
      const isRenamed = await renamePasskey(organizer, String(request.params.passkey), form.data.name);
      return isRenamed
        ? { done: 'passkeyRenamed', action: 'passkey.rename' }
        : { done: 'passkeyGone', action: false };
    }),
    accountChange('passkeys/:passkey/removal', async ({ params }, { organizer }) => {
      const isRemoved = await removePasskey(organizer, String(params.passkey));
      return { done: 'passkeyRemoved', action: isRemoved && 'passkey.remove' };
    }),
  ];
}
