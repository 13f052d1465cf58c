import { setTimeout as sleep } from 'node:timers/promises';
import type { Petition } from '../../server/petitions/petition.ts';
import { Suppression } from '../../server/signers/suppression.ts';
import { makePetition } from '../support/factories.ts';
import { check, type Verdict } from './check.ts';
import { leavesJobs, runHand } from './hand.ts';
import type { Person } from './ledger.ts';
import { letPeopleSign } from './people.ts';
import { describeSchedule, horizon, type Schedule, scheduleOf } from './schedule.ts';
import { settle } from './settle.ts';
import type { System } from './system.ts';

export type Run = Verdict & {
  seed: number;
  schedule: string;
  acts: Record<string, number>;
  milliseconds: number;
};

/** One seed: people sign while the hand is at work, then all is started again, settles and is compared. */
export async function runSeed(system: System, seed: number): Promise<Run> {
  const begun = performance.now();
  const schedule = scheduleOf(seed);
  const people: Person[] = [];
  const verdict = await play(system, seed, schedule, people).catch((error: Error): Verdict => {
    const wrong = [...system.died.splice(0), String(error.stack)];
    return {
      wrong,
      twice: { notAnswered: 0, notRecorded: 0 },
      mails: system.post.taken.length,
      confirmed: 0,
    };
  });
  const acts: Record<string, number> = {};
  for (const { verb, status = 'no answer' } of people.flatMap((person) => person.acts))
    acts[`${verb} ${status}`] = (acts[`${verb} ${status}`] ?? 0) + 1;
  const milliseconds = Math.round(performance.now() - begun);
  return { ...verdict, seed, schedule: describeSchedule(schedule), acts, milliseconds };
}

async function play(system: System, seed: number, schedule: Schedule, people: Person[]): Promise<Verdict> {
  const petitions: Petition[] = [await makePetition(), await makePetition(), await makePetition()];
  system.post.renew(seed);
  // A seed that is played again has the same people, and none of them was erased before.
  await Suppression.deleteMany({});
  const end = new AbortController();
  const owing = new Set<string>();
  const handAtWork = Promise.all([runHand(system, schedule), sleep(horizon)]);
  void handAtWork.then(() => sleep(200)).then(() => end.abort());
  people.push(...(await letPeopleSign({ ...system, owing }, petitions, seed, end.signal)));
  const [interruptions] = await handAtWork;
  const { redisIsLost } = schedule;
  const unfinished = { owing, jobsAreLeft: leavesJobs(schedule), redisIsLost };
  const settled = await settle(system, petitions, unfinished);
  return check(system, petitions, people, { interruptions, settled });
}
