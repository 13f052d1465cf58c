import type { Types } from 'mongoose';

/** How many changes of a signature's state are kept; somebody may sign and withdraw all day. */
const kept = 50;

type Happening = {
  at: Date;
  /** The new state, or the expression that gives it. */
  to: unknown;
  by: 'signer' | 'organizer' | 'platform';
  organizer?: Types.ObjectId;
  task?: Types.ObjectId;
  why?: { $literal: string };
};

/** In an update pipeline: the signature's history and one more change, away from the state it has until then. */
export const historyWith = (happening: Happening) => ({
  $slice: [{ $concatArrays: [{ $ifNull: ['$history', []] }, [{ ...happening, from: '$state' }]] }, -kept],
});
