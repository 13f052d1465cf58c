import { letterLimits } from '../../config/limits.ts';
import { formatNumber, translate } from '../locales.ts';
import type { Language, Petition } from '../petitions/petition.ts';
import type { Platform } from '../platform.ts';
import type { Typed } from '../signatures/form.ts';
import type { Signature } from '../signatures/signature.ts';
import { openField } from '../signatures/view.ts';
import type { Count } from '../tallies/tally.ts';
import { Letter, letterId } from './letter.ts';
import { letterTextIn, pointsOf } from './settings.ts';
import { findTargets, listedTargets, Target } from './target.ts';
import { ownShare } from './words.ts';

/** More targets than these fold away on the page and are only counted in a mail. */
const shownAtOnce = 8;

type Words = { subject: string; text: string };

const targetView = ({ name, title }: Pick<Target, 'name' | 'title'>) => ({ name, title });

/** A list of people as a page shows it: some at once, the rest folded away. */
function peopleView(targets: readonly Pick<Target, 'name' | 'title'>[]) {
  const people = targets.map(targetView);
  const isLong = people.length > shownAtOnce;
  return { people: isLong ? [] : people, folded: isLong ? people : [], number: people.length };
}

/** The letter's part of the form, with what was typed. `isWhole`: false for a page that must not need the database. */
export async function letterFieldsView(petition: Petition, lang: Language, typed: Typed, isWhole = true) {
  const suggested = letterTextIn(petition, lang);
  const text = typed.letterText ?? suggested.text;
  const listed = isWhole ? await listedTargets(petition) : [];
  return {
    ...peopleView(listed),
    subject: petition.letter?.ownSubject ? (typed.letterSubject ?? suggested.subject) : suggested.subject,
    ownSubject: petition.letter?.ownSubject ?? false,
    points: pointsOf(suggested),
    text,
    suggested: suggested.text,
    hasOwn: typed.letterText !== undefined,
    own: ownShare(text, suggested.text),
    limits: letterLimits,
  };
}

/** How many letters have gone out; undefined where none has. */
async function lettersSent({ _id }: Pick<Petition, '_id'>): Promise<number> {
  const [found] = await Target.aggregate<{ sent: number }>([
    { $match: { petition: _id } },
    { $group: { _id: null, sent: { $sum: '$counts.sent' } } },
  ]);
  return found?.sent ?? 0;
}

/** What the petition's page says of its letters: `1,204 letters by 612 people`. */
async function lettersView(petition: Petition, people: number, lang: Language) {
  const sent = await lettersSent(petition);
  if (sent === 0 || people === 0) return undefined;
  return translate(lang, 'letter.sentBy', {
    letters: translate(lang, 'letter.letters', { count: sent, number: formatNumber(lang, sent) }),
    people: translate(lang, 'letter.people', { count: people, number: formatNumber(lang, people) }),
  });
}

/** What the page of a letter has besides: its part of the form, and how many have gone out. */
export async function letterContext(
  petition: Petition,
  { public: { count } }: Count,
  lang: Language,
  typed: Typed,
  isWhole: boolean,
) {
  return {
    letter: await letterFieldsView(petition, lang, typed, isWhole),
    lettersSent: isWhole ? await lettersView(petition, count, lang) : undefined,
  };
}

/** The letter of a signature in the clear; undefined where there is none. */
export function letterOf(platform: Pick<Platform, 'vault'>, signature: Signature): Words | undefined {
  const opened = openField(platform, signature, 'letter');
  return opened ? (JSON.parse(opened) as Words) : undefined;
}

/** A signer's own letter and to whom it goes; undefined where there is none. */
async function findOwnLetter(platform: Pick<Platform, 'vault'>, petition: Petition, signature: Signature) {
  const words = letterOf(platform, signature);
  return words && { words, targets: await findTargets(petition, signature.letter?.targets ?? []) };
}

/** A signer's own letter, for a mail or a page that is theirs. */
export async function ownLetterView(
  platform: Pick<Platform, 'vault'>,
  petition: Petition,
  signature: Signature,
) {
  const own = await findOwnLetter(platform, petition, signature);
  return own && { ...own.words, ...peopleView(own.targets) };
}

/** The same as data, with how each letter stands, for whoever downloads what is held about them. */
export async function ownLetterData(
  platform: Pick<Platform, 'vault'>,
  petition: Petition,
  signature: Signature,
) {
  const own = await findOwnLetter(platform, petition, signature);
  if (!own) return undefined;
  const { words, targets } = own;
  const ids = targets.map(({ _id }) => letterId(signature._id, _id));
  const letters = await Letter.find({ _id: { $in: ids } }, { state: 1, at: 1 }).lean();
  const byId = new Map(letters.map((letter) => [letter._id, letter]));
  return {
    ...words,
    to: targets.map(({ name, title }, i) => {
      const { state = 'not due', at } = byId.get(ids[i] ?? '') ?? {};
      return { name, title, state, at };
    }),
  };
}
