import { translate } from '../server/locales.ts';
import { AccessLink, accessPath } from '../server/organizers/access-link.ts';
import { Organizer, organizerView } from '../server/organizers/organizer.ts';
import type { Platform } from '../server/platform.ts';
import type { Views } from '../server/views.ts';
import { MailDeferred } from './mail.ts';
import type { Mailer } from './mailer.ts';

type Tools = Pick<Platform, 'env' | 'vault' | 'tokens' | 'metrics'> & { mailer: Mailer; views: Views };

/**
 * Mails an access link. Twice is harmless (the link works once), so no claim is made; one that has expired or was used
 * is no longer due. Throws {@link MailDeferred} where another try may help.
 */
export async function sendAccessMail(tools: Tools, linkId: string, now = new Date()): Promise<void> {
  const link = await AccessLink.findById(linkId).lean<AccessLink>();
  if (!link?.mailDueAt) return;
  const organizer = await Organizer.findOne({ _id: link.organizer, endedAt: null }).lean<Organizer>();
  const isGood = organizer && !link.usedAt && (!link.expiresAt || link.expiresAt > now);
  if (isGood) {
    const delivery = await tools.mailer.send(composeMail(tools, link, organizer));
    tools.metrics.mails.inc({ kind: 'access', outcome: delivery.outcome });
    if (delivery.outcome === 'deferred') {
      throw new MailDeferred(`The mail server did not take a mail (${delivery.reason})`);
    }
  }
  await AccessLink.updateOne({ _id: link._id }, { $unset: { mailDueAt: 1 } });
}

function composeMail({ env, views, ...platform }: Tools, link: AccessLink, organizer: Organizer) {
  const { name, email, language: lang } = organizerView(platform, organizer);
  const context = {
    lang,
    siteName: env.SENDER_NAME,
    siteAddress: env.SENDER_ADDRESS,
    name,
    kind: link.kind,
    url: env.BASE_URL + accessPath(platform, link._id),
    roleKey: `mail.role.${organizer.role}`,
    accountUrl: `${env.BASE_URL}/organize/account`,
  };
  return {
    to: email,
    subject: translate(lang, `mail.${link.kind}.subject`, { siteName: env.SENDER_NAME }),
    text: views.render('mail/access.text', context),
    html: views.render('mail/access.html', context),
    messageId: `<access-${link._id.toHexString()}@${new URL(env.BASE_URL).hostname}>`,
  };
}
