import type { Signature } from '../signature.ts';
import { type ChangeName, canChange, changeNames } from './change.ts';

/** How pages speak of each change. `did` follows a number: `12 were withdrawn`. */
export const changeWords: Record<
  ChangeName | 'undo',
  { verb: string; did: string; effect: string; audit: string }
> = {
  withdraw: {
    verb: 'Withdraw',
    did: 'withdrawn',
    effect:
      'For signers who asked you to take them off. They no longer count. They can sign again, and you can undo this.',
    audit: 'signature.withdraw',
  },
  invalidate: {
    verb: 'Invalidate',
    did: 'invalidated',
    effect: 'For signatures that are not genuine. They no longer count. You can undo this.',
    audit: 'signature.invalidate',
  },
  restore: {
    verb: 'Restore',
    did: 'restored',
    effect: 'Gives back the state before they were invalidated, or withdrawn by an organizer.',
    audit: 'signature.restore',
  },
  release: {
    verb: 'Release',
    did: 'released',
    effect: 'For held signatures that you find genuine. They count from then on.',
    audit: 'signature.release',
  },
  resend: {
    verb: 'Mail again',
    did: 'mailed again',
    effect:
      'Sends the confirmation link once more to signers who have not confirmed. A mail cannot be undone.',
    audit: 'signature.resend',
  },
  undo: {
    verb: 'Undo',
    did: 'put back',
    effect: 'Gives back the state before, wherever nobody has changed it since.',
    audit: 'signature.undo',
  },
};

/** The changes on offer: all of them, or those that can be made to one signature. */
export const changeChoices = (signature?: Pick<Signature, 'state' | 'changedIn'>) =>
  changeNames
    .filter((what) => !signature || canChange(what, signature))
    .map((what) => ({
      what,
      verb: changeWords[what].verb,
      isDanger: what === 'withdraw' || what === 'invalidate',
    }));
