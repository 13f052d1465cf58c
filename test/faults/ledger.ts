import type { Petition } from '../../server/petitions/petition.ts';

export type Verb = 'sign' | 'confirm' | 'withdraw' | 'erase';

/** `done` was acknowledged; `refused` was answered with a reason why not; `unknown` may have been done, or be done yet. */
export type Outcome = 'done' | 'refused' | 'unknown';
export type Act = { verb: Verb; begun: number; ended: number; outcome: Outcome; status?: number };

/** Somebody who signs one petition, and all that they did and were answered. */
export type Person = {
  email: string;
  petition: Petition;
  acts: Act[];
  /** Of their signature, from the links in their mail. */
  id?: string;
};

/** Of a signature; `erased` keeps what it was, without the person. */
export type Standing = 'none' | Kept | `erased ${Kept}`;
type Kept = 'pending' | 'confirmed' | 'withdrawn';

const becomes: Record<Verb, Partial<Record<Standing, Standing>>> = {
  sign: { none: 'pending', withdrawn: 'pending' },
  confirm: { pending: 'confirmed' },
  withdraw: { pending: 'withdrawn', confirmed: 'withdrawn' },
  erase: { pending: 'erased pending', confirmed: 'erased confirmed', withdrawn: 'erased withdrawn' },
};
const after = (verb: Verb, standing: Standing): Standing => becomes[verb][standing] ?? standing;

/**
 * How a person's signature may stand. What was not answered may happen at any later moment, in any order with what came
 * after it, or never.
 */
export function mayStand({ acts }: Pick<Person, 'acts'>): Set<Standing> {
  let may = new Set<Standing>(['none']);
  const open = new Set<Verb>();
  for (const { verb, outcome } of acts.toSorted((a, b) => a.begun - b.begun)) {
    if (outcome === 'done') may = new Set([...may].map((standing) => after(verb, standing)));
    if (outcome === 'unknown') open.add(verb);
    spread(may, open);
  }
  return may;
}

function spread(may: Set<Standing>, open: Set<Verb>): void {
  for (const standing of may) for (const verb of open) may.add(after(verb, standing));
}

/** When the person's wish to hear no more was acknowledged; undefined where they may have signed again since. */
export function leftAt({ acts }: Pick<Person, 'acts'>): number | undefined {
  const left = acts.findLast(
    ({ verb, outcome }) => outcome === 'done' && (verb === 'withdraw' || verb === 'erase'),
  );
  const mayBeBack = acts.some(
    ({ verb, outcome, begun }) =>
      verb === 'sign' && outcome !== 'refused' && (outcome === 'unknown' || begun > (left?.begun ?? 0)),
  );
  return mayBeBack ? undefined : left?.ended;
}
