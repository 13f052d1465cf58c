import { z } from 'zod';
import { languages } from '../petitions/petition.ts';
import { plainName } from '../signatures/form.ts';

/** What a passkey is called, so that its owner knows it again. */
const passkeyName = z
  .string()
  .trim()
  .min(1)
  .max(60)
  .regex(/^\P{Cc}*$/u);

export const newPasskeyForm = z.object({
  name: passkeyName,
  response: z.looseObject({ id: z.string().max(1_000) }),
});

export const passkeyNameForm = z.object({ name: passkeyName });

export const profileForm = z.object({ name: plainName, language: z.enum(languages) });
