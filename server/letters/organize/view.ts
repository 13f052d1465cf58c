import { letterLimits, letterWork } from '../../../config/limits.ts';
import { formatNumber } from '../../locales.ts';
import { type Language, languages, languagesOf, type Petition } from '../../petitions/petition.ts';
import { momentIn } from '../../signatures/organize/view.ts';
import { Signature } from '../../signatures/signature.ts';
import { readCount } from '../../tallies/tally.ts';
import { Letter } from '../letter.ts';
import { Target } from '../target.ts';
import { languageNames, type Problems } from './form.ts';

type Typed = Readonly<Record<string, string>>;

export const letterPath = ({ _id }: Pick<Petition, '_id'>, page = ''): string =>
  `/organize/petitions/${_id.toHexString()}/letter${page && `/${page}`}`;

/** The form of what a letter says, with what was typed. */
export function settingsFormView(petition: Petition, typed?: Typed, problems: Problems = {}) {
  const { letter } = petition;
  const saved = (part: 'subject' | 'points' | 'text', lang: Language) => letter?.texts?.[lang]?.[part] ?? '';
  const field = (part: 'subject' | 'points' | 'text', lang: Language) => {
    const name = `${part}-${lang}`;
    return { name, value: typed ? typed[name] : saved(part, lang), error: problems[name] };
  };
  return {
    revision: typed?.revision ?? letter?.revision ?? 0,
    ownSubject: typed ? typed.ownSubject === 'on' : letter?.ownSubject,
    digest: typed ? typed.digest === 'on' : letter?.digest,
    languages: languagesOf(petition).map((lang) => ({
      ...{ lang, name: languageNames[lang], isOwn: lang === petition.language },
      subject: field('subject', lang),
      points: field('points', lang),
      text: field('text', lang),
    })),
    problems: Object.entries(problems).map(([name, message]) => ({ field: name, message })),
    limits: letterLimits,
    perHour: Math.round((letterWork.atOnce * 3600) / letterWork.rest),
    perHourToAll: formatNumber('en', letterWork.mostAnHour),
    digestHour: letterWork.digest.hour,
  };
}

/** The form of one target. */
export const targetFormView = (petition: Petition, typed: Typed, problems: Problems = {}) => ({
  values: typed,
  problems,
  languages: languages.map((lang) => ({
    ...{ value: lang, label: languageNames[lang], selected: (typed.language ?? petition.language) === lang },
  })),
  limits: letterLimits,
});

const waiting = ['due', 'deferred', 'claimed'] as const;

/** How many letters wait for each of these targets. */
async function waitingFor(targets: readonly Pick<Target, '_id'>[]): Promise<Map<string, number>> {
  const counted = await Letter.aggregate<{ _id: unknown; number: number }>([
    { $match: { target: { $in: targets.map(({ _id }) => _id) }, state: { $in: [...waiting] } } },
    { $group: { _id: '$target', number: { $sum: 1 } } },
  ]);
  return new Map(counted.map(({ _id, number }) => [String(_id), number]));
}

const pausedWords = {
  organizer: 'Paused',
  bounced: 'Paused: mail to it came back',
  refused: 'Paused: its server refused several in a row',
} as const;

/** A target as a line of the list, and as its own page begins. */
function targetView(petition: Petition, target: Target, waits = 0) {
  const { counts, pausedAt, pausedFor, failedAt, reason } = target;
  const failed = (counts?.bounced ?? 0) + (counts?.refused ?? 0);
  return {
    url: letterPath(petition, `targets/${target._id.toHexString()}`),
    ...{ name: target.name, title: target.title, address: target.address, isListed: target.isListed },
    language: languageNames[target.language as Language],
    salutation: target.salutation,
    isRepresentative: Boolean(target.representative),
    paused: pausedAt ? pausedWords[pausedFor ?? 'organizer'] : undefined,
    failure: failedAt
      ? `${momentIn(petition, failedAt)}${reason ? `, the mail server answered ${reason}` : ''}`
      : undefined,
    sent: counts?.sent ?? 0,
    bounced: counts?.bounced ?? 0,
    refused: counts?.refused ?? 0,
    unclear: counts?.unclear ?? 0,
    ...{ failed, waits },
  };
}

export const oneTargetView = async (petition: Petition, target: Target) =>
  targetView(petition, target, (await waitingFor([target])).get(String(target._id)));

/** More than these fold away, but for those that somebody should look at. */
const shownAtOnce = 12;

function targetList(targets: readonly ReturnType<typeof targetView>[]) {
  const isTroubled = ({ paused, failure, failed, unclear }: (typeof targets)[number]) =>
    Boolean(paused || failure || failed || unclear);
  const calm = targets.filter((target) => !isTroubled(target));
  return {
    ...{ number: targets.length, troubled: targets.filter(isTroubled), calm },
    isFolded: calm.length > shownAtOnce,
  };
}

/** Everybody a letter goes to: the list, and the representatives whom signers chose. */
export async function targetsView(petition: Petition) {
  const targets = await Target.find({ petition: petition._id })
    .sort({ isListed: -1, pausedAt: -1, failedAt: -1, _id: 1 })
    .limit(2 * letterLimits.targets)
    .lean<Target[]>();
  const waits = await waitingFor(targets);
  const views = targets.map((target) => targetView(petition, target, waits.get(String(target._id))));
  const sum = (of: (view: (typeof views)[number]) => number) =>
    views.reduce((total, view) => total + of(view), 0);
  return {
    listed: targetList(views.filter(({ isListed }) => isListed)),
    others: targetList(
      views.filter(({ isListed, sent, waits: left, failed }) => !isListed && sent + left + failed > 0),
    ),
    sent: sum(({ sent }) => sent),
    waiting: sum(({ waits: left }) => left),
    failed: sum(({ failed }) => failed),
    unclear: sum(({ unclear }) => unclear),
  };
}

/** How many people wrote, and how much of the latest letters is in their own words. */
export async function writersView(petition: Petition, now: Date) {
  const { confirmed } = await readCount(petition, now);
  const [own] = await Signature.aggregate<{ share: number; same: number; looked: number }>([
    { $match: { petition: petition._id, state: 'confirmed', 'letter.own': { $exists: true } } },
    { $sort: { _id: -1 } },
    { $limit: letterLimits.looked },
    {
      $group: {
        _id: null,
        share: { $avg: '$letter.own' },
        same: { $sum: { $cond: [{ $eq: ['$letter.own', 0] }, 1, 0] } },
        looked: { $sum: 1 },
      },
    },
  ]);
  return {
    people: confirmed,
    own: own && { share: Math.round(own.share), same: own.same, looked: formatNumber('en', own.looked) },
  };
}
