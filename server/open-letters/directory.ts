import { setImmediate } from 'node:timers/promises';
import { signatoryLimits } from '../../config/limits.ts';
import { collator } from '../formats.ts';
import { shownOn } from '../moderation/review.ts';
import type { Petition } from '../petitions/petition.ts';
import type { Platform } from '../platform.ts';
import { Signature } from '../signatures/signature.ts';
import { openField } from '../signatures/view.ts';
import { detailsOf, organisationName } from './details.ts';
import { isListed } from './order.ts';
import type { SignatoryKind } from './signatory.ts';

type Vaulted = Pick<Platform, 'vault'>;
/** How much is shown at once and kept at hand. */
export type Limits = Record<'page' | 'printed' | 'listed', number>;

/** Whom anybody may see under an open letter. `folded`: what a search compares with. */
export type Listed = {
  section: SignatoryKind | 'person';
  name: string;
  /** A title, and where it is held. */
  detail?: string;
  country?: string;
  region?: string;
  folded: string;
};

export type Directory = {
  organisations: Listed[];
  titled: Listed[];
  /** The latest; `isCut` where there are more. */
  people: Listed[];
  isCut: boolean;
};

/** Names opened before others get a turn. */
const atOnce = 500;

/** A name as somebody who looks for it may type it. */
export const foldForSearch = (text: string): string =>
  text
    .normalize('NFKD')
    .replaceAll(/\p{M}/gu, '')
    .toLowerCase()
    .replaceAll(/[‘’ʼ`´]/g, "'")
    .replaceAll(/[^\p{L}\p{N}'&.-]+/gu, ' ')
    .trim();

/** Everybody who is listed under a letter, each list in its order. */
async function readDirectory(
  platform: Vaulted,
  petition: Petition,
  { listed }: Pick<Limits, 'listed'> = signatoryLimits,
): Promise<Directory> {
  const [signatories, people] = await Promise.all([
    readSignatoryLists(platform, petition),
    readPeople(platform, petition, 0, listed + 1),
  ]);
  return { ...signatories, people: people.slice(0, listed), isCut: people.length > listed };
}

/** Who was approved: organisations, and people with a title. */
export async function readSignatoryLists(platform: Vaulted, petition: Petition) {
  const [organisations, titled] = await Promise.all([
    readSignatories(platform, petition, 'organisation'),
    readSignatories(platform, petition, 'titled'),
  ]);
  return { organisations, titled };
}

/** {@link readDirectory}, as it was a moment ago. */
export const findDirectory = (
  platform: Pick<Platform, 'vault' | 'recent'>,
  petition: Petition,
  limits?: Pick<Limits, 'listed'>,
): Promise<Directory> =>
  platform.recent.directories.get(petition._id.toHexString(), () =>
    readDirectory(platform, petition, limits),
  );

const fieldsRead = {
  ...{ petition: 1, emailKey: 1, 'sealed.name': 1, 'sealed.signatory': 1, signatory: 1 },
  ...{ country: 1, region: 1, confirmedAt: 1 },
};

/** Organisations, or people with a title, that moderators approved: first those at the top, then by name or time. */
async function readSignatories(
  platform: Vaulted,
  petition: Petition,
  kind: SignatoryKind,
): Promise<Listed[]> {
  const found = await Signature.find(
    {
      ...{ petition: petition._id, 'signatory.kind': kind, ...isListed },
      // Whoever signs with a title may hide their name, and moderators may.
      ...(kind === 'titled' && { showName: true, 'review.shows': { $in: ['all', 'name'] } }),
    },
    fieldsRead,
  )
    .sort({ confirmedAt: 1 })
    .limit(signatoryLimits.listed)
    .lean<Signature[]>();
  const rows = (await openAll(found, (signature) => listedAs(platform, kind, signature))).map(
    ({ signature, listed }) => ({ listed, pinned: Number(signature.signatory?.pinnedAt ?? 0) }),
  );
  const { compare } = collator(petition.language, { numeric: true });
  const byName = (a: Listed, b: Listed) => compare(a.name, b.name);
  const inOrder = petition.openLetter?.order === 'time' ? () => 0 : byName;
  return rows.sort((a, b) => b.pinned - a.pinned || inOrder(a.listed, b.listed)).map(({ listed }) => listed);
}

function listedAs(platform: Vaulted, section: SignatoryKind, signature: Signature): Listed | undefined {
  if (section === 'organisation') return entry(section, organisationName(platform, signature), signature);
  const details = detailsOf(platform, signature);
  if (details?.kind !== 'titled') return undefined;
  const detail = [details.title, details.affiliation].filter(Boolean).join(', ');
  return entry(section, openField(platform, signature, 'name'), signature, detail);
}

/** People without a title who agreed to be named, the latest first. */
export async function readPeople(
  platform: Vaulted,
  petition: Petition,
  skip: number,
  limit: number,
): Promise<Listed[]> {
  const found = await Signature.find(
    { petition: petition._id, ...shownOn(petition), 'signatory.kind': null },
    fieldsRead,
  )
    .sort({ confirmedAt: -1 })
    .skip(skip)
    .limit(limit)
    .lean<Signature[]>();
  return openPeople(platform, found);
}

/** How many there are of them. */
export const countPeople = (petition: Petition): Promise<number> =>
  Signature.countDocuments({ petition: petition._id, ...shownOn(petition), 'signatory.kind': null }).exec();

/** People of exactly this name, however it is accented and capitalised: those too that are not at hand. */
export async function findPeople(
  platform: Vaulted,
  petition: Petition,
  name: string,
  limit: number,
): Promise<Listed[]> {
  const nameKey = platform.vault.nameKey(name);
  const which = { petition: petition._id, nameKey, ...shownOn(petition), 'signatory.kind': null };
  return openPeople(platform, await Signature.find(which, fieldsRead).limit(limit).lean<Signature[]>());
}

const openPeople = async (platform: Vaulted, found: Signature[]): Promise<Listed[]> =>
  (
    await openAll(found, (signature) => entry('person', openField(platform, signature, 'name'), signature))
  ).map(({ listed }) => listed);

async function openAll(found: Signature[], open: (signature: Signature) => Listed | undefined) {
  const all: { signature: Signature; listed: Listed }[] = [];
  for (const [index, signature] of found.entries()) {
    if (index % atOnce === atOnce - 1) await setImmediate();
    const listed = open(signature);
    if (listed) all.push({ signature, listed });
  }
  return all;
}

function entry(
  section: Listed['section'],
  name: string | undefined,
  { country, region }: Signature,
  detail = '',
): Listed | undefined {
  if (!name) return undefined;
  return {
    ...{ section, name, folded: foldForSearch(name) },
    ...(detail && { detail }),
    ...(country && { country }),
    ...(region && { region }),
  };
}
