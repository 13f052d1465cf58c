import { dashboardWork, periods } from '../../config/limits.ts';
import { type OfficialStand, readOfficialStand } from '../linked/stand.ts';
import type { Petition } from '../petitions/petition.ts';
import { Signature, type SignatureState } from '../signatures/signature.ts';
import { type Count, countOf, Tally } from '../tallies/tally.ts';
import { Update, updateTextIn } from '../updates/update.ts';
import { type MailHealth, readMailHealth } from './mail-health.ts';

export type Sums = Readonly<Record<string, number>>;

/** Every number of one petition's dashboard, as stored. */
export type Facts = {
  at: Date;
  count: Count;
  /** Of an official petition: what is counted elsewhere. */
  official: OfficialStand | undefined;
  days: Sums;
  hours: Sums;
  regions: Sums;
  sources: Sums;
  /** When the tally moved last. */
  talliedAt: Date | undefined;
  /** Signatures whose state changed since the tally last looked; no more than `dashboardWork.waiting` are counted. */
  waiting: number;
  states: Record<CountedState, number>;
  asked: Asked;
  mail: MailHealth;
  corrections: { at: Date; was: number; is: number }[];
  updates: SentUpdate[];
};

type SentUpdate = { title: string; kind: string; at: Date };

const countedStates = ['pending', 'held', 'withdrawn', 'invalidated'] as const satisfies SignatureState[];
type CountedState = (typeof countedStates)[number];

/** Of the latest people who were asked to confirm more than a day ago, how many did. */
type Asked = { asked: number; confirmed: number; isAll: boolean };

/**
 * Reads a petition's numbers. What it costs follows the number of keys counted in an index, never the number of
 * signatures read: the confirmed and their breakdowns are the tally's sums.
 */
export async function readFacts(petition: Petition, now: Date): Promise<Facts> {
  const { _id } = petition;
  const [tally, official, states, waiting, asked, mail, updates] = await Promise.all([
    Tally.findById(_id, { batch: 0 }).lean(),
    readOfficialStand(petition),
    countStates(_id),
    Signature.countDocuments({ petition: _id, recount: true }, { limit: dashboardWork.waiting }),
    readAsked(_id, now),
    readMailHealth(_id, now),
    readUpdates(petition),
  ]);
  return {
    at: now,
    count: countOf(petition, tally, now),
    official,
    days: sumsOf(tally?.days),
    hours: sumsOf(tally?.hours),
    regions: sumsOf(tally?.regions),
    sources: sumsOf(tally?.sources),
    talliedAt: tally?.updatedAt,
    waiting,
    states,
    asked,
    mail,
    corrections: correctionsOf(tally?.corrections ?? []),
    updates,
  };
}

/** A lean map is a plain object, whatever the schema calls it. */
const sumsOf = (sums: unknown): Sums => (sums ?? {}) as Sums;

const correctionsOf = (
  corrections: readonly { at?: Date | null; was?: number | null; is?: number | null }[],
) => corrections.flatMap(({ at, was, is }) => (at ? [{ at, was: was ?? 0, is: is ?? 0 }] : [])).reverse();

async function countStates(petition: Petition['_id']): Promise<Record<CountedState, number>> {
  const counts = await Promise.all(
    countedStates.map((state) => Signature.countDocuments({ petition, state })),
  );
  return Object.fromEntries(countedStates.map((state, n) => [state, counts[n] ?? 0])) as Record<
    CountedState,
    number
  >;
}

/**
 * Those asked less than a day ago may still confirm; those who did not within the time pending signatures are kept are
 * deleted and would leave only the others. So it is those in between, the latest of them.
 */
async function readAsked(petition: Petition['_id'], now: Date): Promise<Asked> {
  const ago = (seconds: number) => new Date(now.getTime() - seconds * 1000);
  const asked = await Signature.find(
    {
      petition,
      'mail.kind': { $exists: true },
      createdAt: { $gt: ago(periods.pendingKept), $lte: ago(periods.remindAfter) },
    },
    { _id: 0, state: 1, confirmedAt: 1 },
  )
    .sort({ createdAt: -1 })
    .limit(dashboardWork.asked)
    .lean();
  const confirmed = asked.filter(({ state, confirmedAt }) => state !== 'pending' && confirmedAt);
  return { asked: asked.length, confirmed: confirmed.length, isAll: asked.length < dashboardWork.asked };
}

/** What was sent to those who agreed to hear of it, the latest first. */
async function readUpdates(petition: Petition): Promise<SentUpdate[]> {
  const sent = await Update.find(
    { petition: petition._id, 'sending.at': { $exists: true } },
    { 'texts.en.title': 1, 'texts.fr.title': 1, kind: 1, 'sending.at': 1 },
  )
    .sort({ n: -1 })
    .limit(dashboardWork.updates)
    .lean<Update[]>();
  return sent.flatMap((update) => {
    const at = update.sending?.at;
    return at ? [{ title: updateTextIn(update, petition, 'en').title, kind: update.kind, at }] : [];
  });
}
