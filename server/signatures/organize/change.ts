import { mailAgainAfter } from '../../../config/limits.ts';
import type { Petition } from '../../petitions/petition.ts';
import { isOver } from '../../petitions/phase.ts';
import type { Signature, SignatureState } from '../signature.ts';
import { type Selection, whichSignatures } from './filter.ts';

export const changeNames = ['withdraw', 'invalidate', 'restore', 'release', 'resend'] as const;
export type ChangeName = (typeof changeNames)[number];

/** What a task of changing signatures is told. */
export type ChangeInput = { what: ChangeName | 'undo'; which: Selection; why: string };

const standing: SignatureState[] = ['pending', 'confirmed', 'held'];

type Rule = {
  /** The states it can be made to. */
  from: SignatureState[];
  /** The state that it can be made to only where an organizer made it. */
  ours?: SignatureState;
  /** The state it ends in; unset where that is the one before. */
  to?: SignatureState;
};

/** What each change can be made to, and what comes of it. */
export const changeRules: Readonly<Record<ChangeName, Rule>> = {
  withdraw: { from: standing, to: 'withdrawn' },
  invalidate: { from: standing, to: 'invalidated' },
  // What a signer withdrew stays withdrawn: only a withdrawal that an organizer wrote down is taken back.
  restore: { from: ['invalidated'], ours: 'withdrawn' },
  release: { from: ['held'], to: 'confirmed' },
  resend: { from: ['pending'], to: 'pending' },
};

/** Whether a change can be made to a signature as it is. */
export function canChange(
  what: ChangeName,
  {
    state,
    changedIn,
    signatory,
  }: Pick<Signature, 'state' | 'changedIn'> & Partial<Pick<Signature, 'signatory'>>,
): boolean {
  if (what === 'release' && signatory) return false;
  const { from, ours } = changeRules[what];
  return from.includes(state) || (state === ours && Boolean(changedIn));
}

/** The selection without those the change cannot be made to: {@link canChange} as MongoDB asks it. */
export function whichChange(
  petition: Petition,
  what: ChangeName,
  which: Selection,
  now: Date,
  bounds: Parameters<typeof whichSignatures>[2] = {},
): Record<string, unknown> {
  const { from, ours } = changeRules[what];
  const state = { state: from.length === 1 ? from[0] : { $in: from } };
  const can = ours ? { $or: [state, { state: ours, changedIn: { $ne: null } }] } : state;
  return {
    ...whichSignatures(petition, which, bounds),
    $and: [
      can,
      ...(what === 'resend' ? [mailedBefore(now)] : []),
      ...(what === 'release' ? [notForModerators] : []),
    ],
  };
}

/** {@link whichChange} for each state apart: together they are the same signatures, and each is counted from an index. */
export function whichChangeByState(petition: Petition, what: ChangeName, which: Selection, now: Date) {
  const { from, ours } = changeRules[what];
  const states = [...from, ...(ours ? [ours] : [])].filter((state) => (which.state ?? state) === state);
  return states.map((state) => ({
    state,
    which: {
      ...whichSignatures(petition, { ...which, state }),
      ...(state === ours && { changedIn: { $ne: null } }),
      ...(what === 'resend' && mailedBefore(now)),
      ...(what === 'release' && notForModerators),
    },
  }));
}

/** Organisations and people with a title are not released but approved, where doubles are seen. */
const notForModerators = { 'signatory.kind': null };

const mailedBefore = (now: Date) => ({
  'mail.requestedAt': { $lte: new Date(now.getTime() - mailAgainAfter.confirm * 1000) },
});

/** Why a change can be made to nobody, whatever their state; undefined where it can. */
export function impossible(petition: Petition, what: ChangeInput['what'], now: Date): string | undefined {
  if (what === 'resend' && isOver(petition, now))
    return 'Signing has ended: a confirmation link would lead nowhere.';
  return undefined;
}
