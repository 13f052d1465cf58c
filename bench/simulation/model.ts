import { randomOf } from '../surge.ts';
import { createMail } from './mail.ts';
import { gap, happensTo, longTail, Waits } from './numbers.ts';
import type { Parameters } from './parameters.ts';
import { describe, recorded } from './shape.ts';
import { createTally } from './tally.ts';
import { createWeb } from './web.ts';

/** What happened in one minute: numbers of events, depths at its end, waits in seconds, and shares of time at work. */
export type Minute = ReturnType<typeof newMinute>;
const newMinute = () => ({
  ...{ tries: 0, stored: 0, refused: 0, limited: 0, gaveUp: 0, confirmed: 0, mailed: 0, counted: 0 },
  ...{ depth: 0, mailDepth: 0, mailOldest: 0, tallyDepth: 0 },
  ...{ web: 0, most: 0, streams: 0, shard: 0, redis: 0 },
  waits: { web: new Waits(), mail: new Waits(), tally: new Waits() },
});
export type Outcome = { minutes: Minute[]; people: number; mayConfirm: number };

type Visit = { at: number; kind: 'sign' | 'confirm'; tries: number };
/** A signer tries so many times in all. */
const mostTries = 4;
const day = 86_400;
/** ASSUMED: who is to confirm has a mail and time, and comes back twice as late each time. */
const patience = (kind: Visit['kind'], tries: number): number =>
  kind === 'confirm' ? 2 ** Math.min(tries - 1, 8) : 1;

/**
 * People sign from hour `from` to hour `to` of a day of this shape (signatures a second at scale 1), then everything
 * that is on its way runs out. Forms and confirmations are single events in the order of time; mails and the batches of
 * the tally are worked at once a second. The same seed gives the same numbers.
 */
export function simulate(
  parameters: Parameters,
  { shape, from, to, seed }: { shape: (hour: number) => number; from: number; to: number; seed: number },
): Outcome {
  const random = randomOf(seed);
  const web = createWeb(parameters);
  const mail = createMail(parameters, random);
  const tally = createTally(parameters);
  const { peak } = describe(recorded);
  const minutes: Minute[] = [];
  const outcome = { minutes, people: 0, mayConfirm: 0 };
  let minute = newMinute();
  let formsThisMinute = 0;
  /** Writes and new counts of the workers, who are a second behind. */
  let writes = 0;
  const told: { at: number; viewers: number }[] = [];

  /** By the second in which they come. */
  const expected = new Map<number, Visit[]>();
  const confirming = new Map<number, number>();
  const expect = (visit: Visit) => {
    const second = Math.floor(visit.at);
    const visits = expected.get(second);
    if (visits) visits.push(visit);
    else expected.set(second, [visit]);
  };
  const wait = () => parameters.againFrom + random() * (parameters.againTo - parameters.againFrom);
  const comeAgain = (now: number, { kind, tries }: Visit) => {
    if (kind === 'confirm' || (tries < mostTries && random() < parameters.again))
      expect({ kind, tries: tries + 1, at: now + Math.max(1, wait() * patience(kind, tries)) });
    else minute.gaveUp += 1;
  };

  const newcomers = (second: number): Visit[] => {
    const rate = second < to * 3_600 ? shape(second / 3_600) * parameters.scale : 0;
    const visits: Visit[] = [];
    if (rate <= 0) return visits;
    for (let at = second + gap(random, rate); at < second + 1; at += gap(random, rate))
      visits.push({ at, kind: 'sign', tries: 1 });
    outcome.people += visits.length;
    return visits;
  };
  const returning = (second: number): Visit[] => {
    const many = confirming.get(second) ?? 0;
    confirming.delete(second);
    const visits = expected.get(second) ?? [];
    expected.delete(second);
    for (let one = 0; one < many; one += 1)
      visits.push({ at: second + (one + 0.5) / many, kind: 'confirm', tries: 1 });
    return visits;
  };

  const receive = (visit: Visit): number => {
    const { at, kind } = visit;
    if (kind === 'sign') {
      minute.tries += 1;
      formsThisMinute += 1;
      if (formsThisMinute > parameters.perMinute) {
        minute.limited += 1;
        comeAgain(at, visit);
        return 0;
      }
    }
    const answered = web.ask(at, kind);
    if (answered === undefined) {
      if (kind === 'sign') minute.refused += 1;
      comeAgain(at, visit);
      return 0;
    }
    minute.waits.web.add(answered - at);
    if (kind === 'sign') {
      minute.stored += 1;
      return 1;
    }
    minute.confirmed += 1;
    tally.add(at);
    return 0;
  };
  const askToConfirm = (now: number, sent: number) => {
    const will = happensTo(random, sent, parameters.confirmed);
    outcome.mayConfirm += will;
    for (let one = 0; one < will; one += 1) {
      const after = Math.min(day, longTail(random, parameters.median, parameters.spread));
      const second = Math.floor(now + 1 + after);
      confirming.set(second, (confirming.get(second) ?? 0) + 1);
    }
  };

  const workOff = (second: number) => {
    const sent = mail.work(second);
    minute.mailed += sent;
    askToConfirm(second, sent);
    const before = tally.counted;
    const viewers = parameters.viewers * Math.min(1, recorded(second / 3_600) / peak);
    tally.work(second + 1, (now) => told.push({ at: now + 1, viewers }));
    const counted = tally.counted - before;
    minute.counted += counted;
    // A mail is claimed, settled and no longer due; a counted signature is marked.
    writes = 3 * sent + counted;
  };
  const closeMinute = (second: number) => {
    const { web: seconds, most, streams, shard } = web.takeBusy();
    Object.assign(minute, { web: seconds / 60, most: most / 60, streams: streams / 60, shard: shard / 60 });
    minute.redis = (minute.tries * parameters.redisEach) / 60 / parameters.redis;
    Object.assign(minute, { depth: web.depth(second), mailDepth: mail.depth, tallyDepth: tally.depth });
    minute.mailOldest = mail.oldest === undefined ? 0 : second - mail.oldest;
    [minute.waits.mail, minute.waits.tally] = [mail.takeLags(), tally.takeLags()];
    minutes.push(minute);
    minute = newMinute();
    formsThisMinute = 0;
  };

  const isOver = (second: number) =>
    second >= to * 3_600 && expected.size + confirming.size + mail.depth + tally.depth === 0;
  let second = from * 3_600;
  for (; !isOver(second); second += 1) {
    const visits = [...newcomers(second), ...returning(second)].sort((a, b) => a.at - b.at);
    web.send(second, visits.length * parameters.views * (1 - parameters.cdn));
    let [stored, written] = [0, 0];
    const catchUp = (at: number) => {
      for (let next = told[0]; next && next.at <= at; next = told[0]) {
        web.tell(next.at, next.viewers);
        told.shift();
      }
      for (; written < writes && second + (written + 0.5) / writes <= at; written += 1)
        web.write(second + (written + 0.5) / writes);
    };
    for (const visit of visits) {
      catchUp(visit.at);
      stored += receive(visit);
    }
    catchUp(second + 1);
    mail.add(second, stored);
    workOff(second);
    if ((second + 1) % 60 === 0) closeMinute(second + 1);
  }
  closeMinute(second);
  return outcome;
}

type Sums = Omit<Minute, 'waits'>;
export const sumOf = (minutes: Minute[], name: keyof Sums): number =>
  minutes.reduce((sum, minute) => sum + minute[name], 0);

/** What must hold, whatever the parameters: nobody is lost and nobody counted twice. Returns what does not. */
export function checkConserved({ minutes, people, mayConfirm }: Outcome): string[] {
  const sum = (name: keyof Sums) => sumOf(minutes, name);
  const last = minutes.at(-1);
  const claims: [string, number, number][] = [
    ['tries = stored + turned away + limited', sum('tries'), sum('stored') + sum('refused') + sum('limited')],
    ['people = stored + gave up', people, sum('stored') + sum('gaveUp')],
    ['mailed = stored', sum('mailed'), sum('stored')],
    ['confirmed = those who meant to', sum('confirmed'), mayConfirm],
    ['counted = confirmed', sum('counted'), sum('confirmed')],
    ['nothing is left to mail', last?.mailDepth ?? 0, 0],
    ['nothing is left to count', last?.tallyDepth ?? 0, 0],
  ];
  return claims.filter(([, a, b]) => a !== b).map(([claim, a, b]) => `${claim}: ${a} is not ${b}`);
}
