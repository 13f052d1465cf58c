import { Types } from 'mongoose';
import { Petition, textIn } from '../../petitions/petition.ts';
import { standingOf } from '../../petitions/phase.ts';
import { countOf, Tally } from '../../tallies/tally.ts';
import { dayOf } from '../calendar.ts';

/** One petition among the others. */
export type OverviewLine = Awaited<ReturnType<typeof readOverview>>[number];

const shown = {
  ...{ language: 1, 'texts.en.title': 1, 'texts.fr.title': 1, timeZone: 1, goal: 1, ledger: 1, history: 1 },
  ...{ kind: 1, publishedAt: 1, opensAt: 1, closesAt: 1 },
};
/** More than anybody reads. */
const most = 1_000;

type TodaysTally = Pick<Tally, 'confirmed' | 'updatedAt'> & {
  _id: Types.ObjectId;
  days?: Record<string, number>;
};

/** Every petition with its total and today's confirmed, the newest first. What has no date yet comes last. */
export async function readOverview(now = new Date()) {
  const petitions = await Petition.find({}, shown).sort({ publishedAt: -1 }).limit(most).lean<Petition[]>();
  const today = (petition: Petition) => dayOf(now, petition.timeZone ?? 'UTC');
  const days = Object.fromEntries([...new Set(petitions.map(today))].map((day) => [`days.${day}`, 1]));
  const tallies = await Tally.find(
    { _id: { $in: petitions.map(({ _id }) => _id) } },
    { confirmed: 1, updatedAt: 1, ...days },
  ).lean<TodaysTally[]>();
  const tallyOf = new Map(tallies.map((tally) => [String(tally._id), tally]));
  return petitions.map((petition) => {
    const id = petition._id.toHexString();
    const tally = tallyOf.get(id) ?? null;
    const { confirmed, offline, public: count } = countOf(petition, tally, now);
    return {
      id,
      title: textIn(petition, petition.language).title,
      language: petition.language,
      ...{ phase: standingOf(petition, now), confirmed, offline, total: count.count },
      /** That of an official petition is of signatures that are counted elsewhere. */
      goal: petition.kind === 'linked' ? undefined : count.goal,
      today: tally?.days?.[today(petition)] ?? 0,
    };
  });
}

/** The petitions that are asked for by their ids, or all where none is. */
export function choose(lines: readonly OverviewLine[], asked: readonly string[]): OverviewLine[] {
  const chosen = lines.filter(({ id }) => asked.includes(id));
  return chosen.length > 0 ? chosen : [...lines];
}

export const idsOf = (lines: readonly OverviewLine[]): Types.ObjectId[] =>
  lines.map(({ id }) => new Types.ObjectId(id));
