import { formatNumber, inWords } from '../locales.ts';
import type { Task, TaskState } from './task.ts';

const stateNames: Readonly<Record<TaskState, string>> = {
  waiting: 'Waiting for its turn',
  running: 'At work',
  paused: 'Paused',
  cancelled: 'Cancelled',
  done: 'Done',
  failed: 'Failed',
};

/** `signatureExport`, `signature.export` and `signature-export` read as `Signature export`. */
const inPlainWords = (name: string): string => {
  const words = name.replaceAll(/[-_.]+|(?<=[a-z])(?=[A-Z])/g, ' ').toLowerCase();
  return words.charAt(0).toUpperCase() + words.slice(1);
};

const taskTitle = ({ title, kind }: Pick<Task, 'title' | 'kind'>): string => title ?? inPlainWords(kind);

const isResting = ({ state, notBefore }: Task, now: Date): boolean =>
  state === 'running' && (notBefore ?? now) > now;

/** How far it is, and whether it waits for its time. */
function progressInWords(task: Task, now: Date): string {
  const { state, total, done, notBefore } = task;
  const number = formatNumber('en', done);
  const unknown = state === 'done' ? 'altogether' : 'so far';
  const reached = total ? `${number} of ${formatNumber('en', total)}` : `${number} ${unknown}`;
  if (!notBefore || !isResting(task, now)) return reached;
  return `${reached}; it waits, and goes on ${inWords('en', notBefore, now)}`;
}

/** A worker that died is at nothing, though nobody has written that down. */
const isLeft = ({ state, leaseUntil, notBefore }: Task, now: Date): boolean =>
  state === 'running' && (leaseUntil ?? now) <= now && (notBefore ?? now) <= now;

function stateInWords(task: Task, now: Date): string {
  if (isResting(task, now)) return 'Waiting';
  return isLeft(task, now) ? 'Waiting for a worker to go on' : stateNames[task.state];
}

/** A task's progress, for its page and the script on it. */
export function taskView(task: Task, now = new Date()) {
  const { _id, state, total, done, failure, createdAt, finishedAt } = task;
  return {
    id: _id.toHexString(),
    title: taskTitle(task),
    state,
    stateName: stateInWords(task, now),
    total,
    done,
    percent: total ? Math.min(100, Math.floor((done / total) * 100)) : undefined,
    progress: progressInWords(task, now),
    failure,
    when: finishedAt ? `Ended ${inWords('en', finishedAt, now)}` : `Begun ${inWords('en', createdAt, now)}`,
    isOver: state === 'done' || state === 'cancelled' || state === 'failed',
    /** Nobody is at it, nor will be by itself. */
    isStill: state !== 'waiting' && state !== 'running',
    canPause: state === 'waiting' || state === 'running',
    canResume: state === 'paused' || state === 'failed',
    canCancel: state !== 'done' && state !== 'cancelled',
    result: resultView(task.result),
  };
}

/** What became of mails to many. */
const factNames: Readonly<Record<string, string>> = {
  sent: 'Taken by the mail server',
  suppressed: 'Not sent: they asked for no more mail',
  refused: 'Refused for good',
  deferred: 'Put off by the mail server',
  unclear: 'Cut short: may or may not have arrived',
};

type Result = { summary?: string; nextUrl?: string; downloadUrl?: string; undoUrl?: string };

function resultView(result: unknown) {
  const { summary, nextUrl, downloadUrl, undoUrl, ...others } = (result ?? {}) as Result &
    Record<string, unknown>;
  const numbers = Object.entries(others).filter(([, value]) => typeof value === 'number' && value > 0);
  return {
    summary,
    nextUrl,
    downloadUrl,
    undoUrl,
    facts: numbers.map(([name, value]) => ({
      name: factNames[name] ?? inPlainWords(name),
      value: formatNumber('en', value as number),
    })),
  };
}
