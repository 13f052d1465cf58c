import type { Petition } from '../../server/petitions/petition.ts';
import { Signature } from '../../server/signatures/signature.ts';
import { Tally } from '../../server/tallies/tally.ts';
import { assertExact } from '../support/tally.ts';
import { visitor } from '../support/visitor.ts';
import { eventually } from '../support/world.ts';
import { checkMail, type Evidence, type Twice } from './check-mail.ts';
import { mayStand, type Person, type Standing } from './ledger.ts';
import type { System } from './system.ts';

export type Verdict = { wrong: string[]; twice: Twice; mails: number; confirmed: number };
type Stored = Pick<Signature, '_id' | 'emailKey' | 'state'>;

/** Compares what was acknowledged with what is stored, counted, shown and mailed. */
export async function check(
  system: System,
  petitions: readonly Petition[],
  people: readonly Person[],
  evidence: Evidence,
): Promise<Verdict> {
  const petition = { $in: petitions.map(({ _id }) => _id) };
  const stored = await Signature.find({ petition }, { emailKey: 1, state: 1 }).lean<Stored[]>();
  const { wrong, ...mail } = await checkMail(system, petitions, people, evidence);
  const counts = await Promise.all(petitions.map((each) => checkCount(system, each)));
  return {
    ...mail,
    wrong: [
      ...system.died.splice(0),
      ...checkStored(system, people, stored),
      ...checkAnswers(people),
      ...counts.flat(),
      ...wrong,
      ...(await checkReminders(petition)),
    ],
    confirmed: stored.filter(({ state }) => state === 'confirmed').length,
  };
}

/** Who cannot be served is told when to come back; a 500 says that nobody thought of it. */
function checkAnswers(people: readonly Person[]): string[] {
  const bad = people.flatMap(({ acts }) => acts).filter(({ status = 0 }) => status >= 500 && status !== 503);
  return [...new Set(bad.map(({ verb, status }) => `${verb} was answered ${status}`))];
}

function checkStored({ platform }: System, people: readonly Person[], stored: readonly Stored[]): string[] {
  const byKey = new Map(stored.map((signature) => [signature.emailKey, signature]));
  let known = 0;
  const wrong = people.flatMap((person) => {
    const own = byKey.get(platform.vault.emailKeyOf(person.email) ?? '');
    const erased = byKey.get(`erased:${person.id}`);
    known += Number(Boolean(own)) + Number(Boolean(erased));
    const stands = standingOf(person, own, erased);
    const may = mayStand(person);
    if (may.has(stands)) return [];
    const acts = person.acts.map(({ verb, outcome }) => `${verb} ${outcome}`).join(', ');
    return [`${person.email} is ${stands}, not ${[...may].join(' or ')}, after: ${acts}`];
  });
  return known === stored.length ? wrong : [...wrong, `${stored.length - known} signatures are nobody's`];
}

function standingOf(person: Person, own: Stored | undefined, erased: Stored | undefined): Standing {
  if (own) return own.state as Standing;
  if (erased) return `erased ${erased.state}` as Standing;
  const wasForgotten = [...mayStand(person)].includes('erased pending');
  return wasForgotten ? 'erased pending' : 'none';
}

/** The tally is a full count in every breakdown, and what both web processes say. */
async function checkCount({ urls }: System, petition: Petition): Promise<string[]> {
  const wrong: string[] = [];
  // Without a confirmation there is no tally yet.
  if (await Tally.exists({ _id: petition._id }))
    await assertExact(petition).catch((error: Error) => wrong.push(`${petition.slug}: ${error.message}`));
  const confirmed = (await Tally.findById(petition._id, { confirmed: 1 }).lean())?.confirmed ?? 0;
  const full = await Signature.countDocuments({ petition: petition._id, state: 'confirmed' });
  if (confirmed !== full) wrong.push(`${petition.slug}: ${confirmed} are counted, ${full} are confirmed`);
  for (const url of urls) {
    const shows = () =>
      visitor({ url })
        .count(petition.slug)
        .then(
          (count) => count === full,
          () => false,
        );
    await eventually(shows, `${url} shows ${full} of ${petition.slug}`).catch((error: Error) =>
      wrong.push(error.message),
    );
  }
  return wrong;
}

/** Whoever has not confirmed after a day was reminded. */
async function checkReminders(petition: object): Promise<string[]> {
  const forgotten = await Signature.countDocuments({ petition, state: 'pending', remindedAt: null });
  return forgotten > 0 ? [`${forgotten} were not reminded`] : [];
}
