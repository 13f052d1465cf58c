import type { Parameters } from './parameters.ts';

/** One process: a core that does one thing after the other, and requests under way that wait for something. */
type Process = {
  freeAt: number;
  late: number;
  lookedAt: number;
  leaving: number[];
  head: number;
  busy: number;
};

/** Over how long the lateness of the event loop is averaged: server/middleware/load.ts. */
const averagedOver = 0.5;

/** The web processes and the shards behind them. Everything is asked in the order of time. */
export function createWeb(parameters: Parameters) {
  const count = parameters.web - parameters.streams;
  const processes: Process[] = Array.from({ length: count }, () => ({
    ...{ freeAt: 0, late: 0, lookedAt: 0, head: 0, busy: 0 },
    leaving: [],
  }));
  const shards = Array.from({ length: parameters.shards }, () => ({ freeAt: 0, busy: 0 }));
  const streams = { busy: 0 };
  let [next, written] = [0, 0];

  const work = (process: Process, now: number, seconds: number): number => {
    process.freeAt = Math.max(process.freeAt, now) + seconds;
    process.busy += seconds;
    return process.freeAt;
  };
  /** A write on one shard; keys are spread, so they take turns. Returns when it is durable. */
  const write = (now: number): number => {
    const shard = shards[written++ % shards.length];
    if (!shard) return now;
    shard.freeAt = Math.max(shard.freeAt, now) + 1 / parameters.writes;
    shard.busy += 1 / parameters.writes;
    return shard.freeAt + parameters.durable;
  };
  const depthOf = (process: Process, now: number): number => {
    for (let leaves = process.leaving[process.head]; leaves !== undefined && leaves <= now; ) {
      process.head += 1;
      leaves = process.leaving[process.head];
    }
    if (process.head > 1_000) process.head -= process.leaving.splice(0, process.head).length;
    return process.leaving.length - process.head;
  };
  /** The event loop is as late as what stands before it takes. */
  const lateness = (process: Process, now: number): number => {
    const passed = now - process.lookedAt;
    const backlog = Math.max(0, process.freeAt - now);
    process.late += (backlog - process.late) * Math.min(1, passed / averagedOver);
    process.lookedAt = now;
    return process.late;
  };

  return {
    /** A form, or a confirmation: undefined where it is turned away, else when it is answered. */
    ask(now: number, kind: 'sign' | 'confirm'): number | undefined {
      const process = processes[next++ % count];
      if (!process || process.freeAt - now > parameters.patience) return undefined;
      const [depth, late] = [depthOf(process, now), lateness(process, now)];
      if (depth >= parameters.depth || (depth >= parameters.some && late > parameters.delay)) {
        work(process, now, 1 / (parameters.sign * parameters.turnAway));
        return undefined;
      }
      const seconds = 1 / (kind === 'sign' ? parameters.sign : parameters.confirm);
      const ready = work(process, now, seconds) + (kind === 'sign' ? parameters.captcha : 0);
      const answered = write(ready);
      // Leaves in the order they came, near enough: all wait for the same captcha and the same shards.
      process.leaving.push(Math.max(answered, process.leaving.at(-1) ?? 0));
      return answered;
    },
    write,
    /** Pages that the CDN did not have. */
    send(now: number, pages: number): void {
      for (const process of processes) work(process, now, pages / count / parameters.page);
    },
    /** A new count, written to every open stream. */
    tell(now: number, viewers: number): void {
      if (parameters.streams > 0) streams.busy += viewers * parameters.tell;
      else for (const process of processes) work(process, now, (viewers / count) * parameters.tell);
    },
    depth: (now: number) => Math.max(0, ...processes.map((process) => depthOf(process, now))),
    /** Seconds of work each did since this was asked last. */
    takeBusy() {
      const seconds = {
        web: processes.reduce((sum, { busy }) => sum + busy, 0) / count,
        most: Math.max(...processes.map(({ busy }) => busy)),
        streams: parameters.streams > 0 ? streams.busy / parameters.streams : 0,
        shard: Math.max(...shards.map(({ busy }) => busy)),
      };
      for (const one of [...processes, ...shards, streams]) one.busy = 0;
      return seconds;
    },
  };
}
