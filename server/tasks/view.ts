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

export const taskTitle = ({ title, kind }: Pick<Task, 'title' | 'kind'>): string =>
  title ?? inPlainWords(kind);

/** A task's progress, for its page and the script on it. */
export function taskView(task: Task, now = new Date()) {
  const { _id, state, total, done, failure, createdAt, finishedAt, notBefore } = task;
  const canCancel = state !== 'done' && state !== 'cancelled';
  const waits = state === 'running' && notBefore && notBefore > now;
  const reached = total
    ? `${formatNumber('en', done)} of ${formatNumber('en', total)}`
    : `${formatNumber('en', done)} so far`;
  return {
    id: _id.toHexString(),
    title: taskTitle(task),
    state,
    stateName: stateNames[state],
    total,
    done,
    percent: total ? Math.min(100, Math.floor((done / total) * 100)) : undefined,
    progress: waits ? `${reached}; it waits, and goes on ${inWords('en', notBefore, now)}` : reached,
    failure,
    when: finishedAt ? `Ended ${inWords('en', finishedAt, now)}` : `Begun ${inWords('en', createdAt, now)}`,
    isOver: state === 'done' || state === 'cancelled' || state === 'failed',
    canPause: state === 'waiting' || state === 'running',
    canResume: state === 'paused' || state === 'failed',
    canCancel,
    result: resultView(task.result),
  };
}

type Result = { summary?: string; downloadUrl?: string; undoUrl?: string };

function resultView(result: unknown) {
  const { summary, downloadUrl, undoUrl, ...others } = (result ?? {}) as Result & Record<string, unknown>;
  const numbers = Object.entries(others).filter(([, value]) => typeof value === 'number');
  return {
    summary,
    downloadUrl,
    undoUrl,
    facts: numbers.map(([name, value]) => ({
      name: inPlainWords(name),
      value: formatNumber('en', value as number),
    })),
  };
}
