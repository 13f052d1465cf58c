import { formatNumber, translateFor } from '../server/locales.ts';
import { claimMailing, milestoneMailingId, settleMailing } from '../server/mailings/mailing.ts';
import { mailFrame } from '../server/mailings/signer-mail.ts';
import { Milestone, noteMilestones } from '../server/milestones/milestone.ts';
import { Organizer, organizerView } from '../server/organizers/organizer.ts';
import { type Language, Petition } from '../server/petitions/petition.ts';
import type { Platform } from '../server/platform.ts';
import type { Views } from '../server/views.ts';
import { MailDeferred, messageIdOf } from './mail.ts';
import type { Mailer } from './mailer.ts';

type Tools = Pick<Platform, 'env' | 'vault' | 'tokens' | 'queues' | 'metrics'> & {
  mailer: Mailer;
  views: Views;
};

/**
 * Mails a petition's team about the milestones it has passed, each organizer once for each. Notes first what a process
 * that died may have left unnoted. Throws {@link MailDeferred} where another try may help.
 */
export async function sendMilestoneMails(tools: Tools, petitionId: string, now = new Date()): Promise<void> {
  const petition = await Petition.findById(petitionId).lean<Petition>();
  if (!petition) return;
  await noteMilestones(tools, petition, now);
  const due = await Milestone.find({ petition: petition._id, mailDueAt: { $ne: null } }).lean<Milestone[]>();
  if (due.length === 0) return;
  const team = await teamOf(petition);
  let deferred: string | undefined;
  for (const milestone of due) {
    const endings: (string | undefined)[] = [];
    for (const organizer of team) endings.push(await mailOne(tools, petition, milestone, organizer, now));
    const reason = endings.find(Boolean);
    deferred ??= reason;
    if (!reason) await Milestone.updateOne({ _id: milestone._id }, { $unset: { mailDueAt: 1 } });
  }
  if (deferred) throw new MailDeferred(`The mail server did not take a mail (${deferred})`);
}

/** The owners, and whoever is in the petition's team. */
const teamOf = ({ team }: Petition): Promise<Organizer[]> =>
  Organizer.find({
    $or: [{ role: 'owner' }, { _id: { $in: team.map(({ organizer }) => organizer) } }],
    acceptedAt: { $ne: null },
    endedAt: null,
  }).lean<Organizer[]>();

/** Returns why it has to be tried again, where it has. */
async function mailOne(
  tools: Tools,
  petition: Petition,
  milestone: Milestone,
  organizer: Organizer,
  now: Date,
): Promise<string | undefined> {
  const id = milestoneMailingId(milestone._id, organizer._id);
  const claim = await claimMailing(id, petition._id, now);
  if (claim !== 'claimed') return claim === 'taken' ? 'busy' : undefined;
  const delivery = await tools.mailer.send(composeMail(tools, petition, milestone, organizer, id));
  tools.metrics.mails.inc({ kind: 'milestone', outcome: delivery.outcome });
  const reason = delivery.outcome === 'sent' ? undefined : delivery.reason;
  await settleMailing(id, delivery.outcome === 'refused' ? 'failed' : delivery.outcome, reason, now);
  return delivery.outcome === 'deferred' ? delivery.reason : undefined;
}

function composeMail(
  tools: Tools,
  petition: Petition,
  milestone: Milestone,
  organizer: Organizer,
  mailing: string,
) {
  const { env, views } = tools;
  const { name, email, language } = organizerView(tools, organizer);
  const lang = language as Language;
  const frame = mailFrame(tools, petition, lang);
  const { number, count, goal, percent } = milestone;
  const values = {
    title: frame.petition.title,
    number: formatNumber(lang, number),
    total: formatNumber(lang, count),
    goal: formatNumber(lang, goal),
    percent,
  };
  const say = (key: string, more = {}) =>
    translateFor(lang, petition.kind, `mail.milestone.${key}`, { ...values, ...more });
  const context = {
    ...frame,
    name,
    reached: say(percent === 100 ? 'goal' : 'share'),
    now: say('now'),
    dashboardUrl: `${env.BASE_URL}/organize/petitions/${petition._id.toHexString()}`,
    accountUrl: `${env.BASE_URL}/organize/account`,
  };
  return {
    to: email,
    subject: say('subject', { count: number }),
    text: views.render('mail/milestone.text', context),
    html: views.render('mail/milestone.html', context),
    messageId: messageIdOf(mailing, env.BASE_URL),
  };
}
