import { goalLadder } from '../../config/limits.ts';
import type { Petition } from './petition.ts';

/** The number aimed for at this count: fixed, or the next step of the ladder. */
export function goalAt({ goal }: Pick<Petition, 'goal'>, count: number): number {
  if (goal?.kind === 'fixed' && goal.number) return goal.number;
  const top = goalLadder.at(-1) ?? 1;
  return goalLadder.find((step) => step > count) ?? Math.ceil((count + 1) / top) * top;
}

/** Whole percents, 100 only when the goal is reached. */
export function percentOf(count: number, goal: number): number {
  return count >= goal ? 100 : Math.max(0, Math.floor((count / goal) * 100));
}
