import type { Platform } from '../platform.ts';
import type { Address } from '../signers/address.ts';
import { mailAccessLink } from './access-link.ts';
import { Organizer } from './organizer.ts';

/** Mails a link to whoever has an account; somebody who has not accepted yet gets the invitation again. */
export async function mailSignInLink(
  platform: Pick<Platform, 'vault' | 'queues'>,
  address: Address,
  next?: string,
): Promise<void> {
  const emailKey = platform.vault.emailKey(address.canonical);
  const organizer = await Organizer.findOne({ emailKey, endedAt: null }, { acceptedAt: 1 }).lean();
  if (!organizer) return;
  await mailAccessLink(platform, organizer.acceptedAt ? 'signIn' : 'invitation', organizer._id, { next });
}
