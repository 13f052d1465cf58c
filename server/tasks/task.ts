import { type InferSchemaType, model, Schema, Types } from 'mongoose';
import { leastRole } from '../organizers/roles.ts';
import type { Platform } from '../platform.ts';

const taskStates = ['waiting', 'running', 'paused', 'cancelled', 'done', 'failed'] as const;
export type TaskState = (typeof taskStates)[number];

const schema = new Schema(
  {
    /** Which long work it is: the name of a file in workers/tasks/. */
    kind: { type: String, required: true },
    /** The action it takes to see and steer it. */
    needs: { type: String, enum: Object.keys(leastRole), required: true },
    /** What it does, in words for its page: `Invalidate 12 signatures`. */
    title: String,
    petition: Schema.Types.ObjectId,
    organizer: { type: Schema.Types.ObjectId, required: true },
    createdAt: { type: Date, required: true },
    startedAt: Date,
    finishedAt: Date,
    state: { type: String, enum: taskStates, required: true },
    /** Progress. `total` is missing while it is not known. */
    total: Number,
    done: { type: Number, default: 0 },
    /** What to do: filters, ids, keyed hashes. Never personal data. */
    input: { type: Schema.Types.Mixed, default: {} },
    /** Where the next step begins. */
    cursor: { type: Schema.Types.Mixed, default: null },
    /**
     * What came of it, for its page: `summary` is a sentence, `nextUrl` and `downloadUrl` are links, `undoUrl` where a POST takes it back;
     * numbers beside them are listed by their names.
     */
    result: { type: Schema.Types.Mixed, default: {} },
    /** A sentence for the organizer, where it failed. */
    failure: String,
    /** The task this one takes back. */
    undoes: Schema.Types.ObjectId,
    /** The next step waits until then. */
    notBefore: Date,
    /** A worker is at it until then; after that another may take over. */
    leaseUntil: Date,
    lease: String,
  },
  { versionKey: false, minimize: false },
);
schema.index({ state: 1, leaseUntil: 1 });
schema.index({ petition: 1, createdAt: -1 });
schema.index({ organizer: 1, createdAt: -1 });
schema.index({ undoes: 1 }, { sparse: true });

export type Task = InferSchemaType<typeof schema> & { _id: Types.ObjectId };
export const Task = model('Task', schema);

/** What a step of a task gives back. Steps may run twice after a crash, so each must be safe to repeat. */
export type Step = {
  /** How many more are done. */
  done: number;
  /** Handed to the next step. */
  cursor: unknown;
  finished: boolean;
  /** Seconds to wait before the next step; a sweep begins it. Resuming by hand begins it at once. */
  rest?: number;
  total?: number;
  result?: Record<string, unknown>;
};

/** No worker is at it. Long ago, so that clocks that differ a little do not matter. */
export const free = { leaseUntil: new Date(0) };

type NewTask = Pick<Task, 'kind' | 'needs' | 'organizer'> &
  Partial<Pick<Task, '_id' | 'title' | 'petition' | 'input' | 'total' | 'undoes' | 'result'>>;

/** Begins long work; a worker takes it from here. Returns its id. */
export async function beginTask(
  { queues }: Pick<Platform, 'queues'>,
  task: NewTask,
  now = new Date(),
): Promise<Types.ObjectId> {
  const _id = task._id ?? new Types.ObjectId();
  await Task.create({ ...task, _id, state: 'waiting', createdAt: now, ...free });
  queues.enqueue('task', { taskId: _id.toHexString() });
  return _id;
}

const steering = {
  pause: { from: ['waiting', 'running'], to: 'paused' },
  resume: { from: ['paused', 'failed'], to: 'waiting' },
  cancel: { from: ['waiting', 'running', 'paused', 'failed'], to: 'cancelled' },
} as const;
export type Steering = keyof typeof steering;

/**
 * Pauses, resumes or cancels. A worker that is at it finishes its present step and writes it down.
 * False where the task is past that.
 */
export async function steerTask(
  { queues }: Pick<Platform, 'queues'>,
  _id: Types.ObjectId,
  wish: Steering,
  now = new Date(),
): Promise<boolean> {
  const { from, to } = steering[wish];
  const { modifiedCount } = await Task.updateOne(
    { _id, state: { $in: from } },
    {
      $set: { state: to, ...(wish === 'cancel' && { finishedAt: now }) },
      $unset: { failure: 1, notBefore: 1 },
    },
  );
  if (wish === 'resume' && modifiedCount === 1) queues.enqueue('task', { taskId: _id.toHexString() });
  return modifiedCount === 1;
}

/** What somebody began that goes on, or ended lately; the latest first. */
export const recentTasks = (organizer: Types.ObjectId, since: Date): Promise<Task[]> =>
  Task.find({ organizer, createdAt: { $gte: since } })
    .sort({ createdAt: -1 })
    .limit(5)
    .lean<Task[]>();
