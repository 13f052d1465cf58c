import { type JobsOptions, Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import { z } from 'zod';
import type { Log } from '../config/log.ts';
import { allDone, together } from '../server/together.ts';

const id = z.string().regex(/^[0-9a-f]{24}$/);

/** How a job is declared: what it carries (ids, never personal data), how it is tried again, and when it runs by itself. */
type Declaration = {
  readonly payload: z.ZodType<object>;
  readonly options?: JobsOptions;
  /** Asked for one by one, carried together: the list of the payload that grows, and how long at most. */
  readonly gathers?: { list: string; most: number };
  /** Jobs with the same key are one job while it waits; one that arrives while it runs makes it run once more. */
  readonly sameAs?: (payload: never) => string;
  readonly schedule?: { every: number } | { pattern: string; tz: string };
  readonly concurrency: number;
};

const mailsInJob = 50;
/** What is asked for within some milliseconds goes to Redis together. */
const gathering = { wait: 10, most: 1_000, atOnce: 4 };
const retried: JobsOptions = { attempts: 9, backoff: { type: 'exponential', delay: 2_000, jitter: 0.5 } };

/** Every job there is. The queue has the job's name. */
export const jobs = {
  /** Sends the mails signatures are due. Those that are no longer due, or another job's, it leaves alone. */
  mail: {
    payload: z.object({ signatureIds: z.array(id).min(1).max(mailsInJob) }),
    options: retried,
    gathers: { list: 'signatureIds', most: mailsInJob },
    concurrency: 2,
  },
  /** Sends an organizer the link that lets them in. */
  accessMail: {
    payload: z.object({ linkId: id }),
    options: retried,
    sameAs: ({ linkId }: { linkId: string }) => linkId,
    concurrency: 2,
  },
  /** Brings a petition's tally up to date and tells the open pages. */
  tally: {
    payload: z.object({ petitionId: id }),
    options: retried,
    sameAs: ({ petitionId }: { petitionId: string }) => petitionId,
    concurrency: 4,
  },
  /** Brings the people of a campaign up to date and tells the open pages. */
  campaignTally: {
    payload: z.object({ campaignId: id }),
    options: retried,
    sameAs: ({ campaignId }: { campaignId: string }) => campaignId,
    concurrency: 2,
  },
  /** Notes the milestones a petition has passed, and mails its team. */
  milestone: {
    payload: z.object({ petitionId: id }),
    options: retried,
    sameAs: ({ petitionId }: { petitionId: string }) => petitionId,
    concurrency: 2,
  },
  /** Writes down one letter for each target of a signature that was confirmed. */
  letter: {
    payload: z.object({ signatureId: id }),
    options: retried,
    sameAs: ({ signatureId }: { signatureId: string }) => signatureId,
    concurrency: 2,
  },
  /** Sends a target the letters that are due, as many as its pace allows. */
  letterTurn: {
    payload: z.object({ targetId: id }),
    sameAs: ({ targetId }: { targetId: string }) => targetId,
    concurrency: 2,
  },
  /** Asks an official site how many have signed there. */
  officialCount: {
    payload: z.object({ petitionId: id }),
    sameAs: ({ petitionId }: { petitionId: string }) => petitionId,
    concurrency: 2,
  },
  /** Sends somebody who wants the newsletter, or was invited to it, the mail they are due. */
  subscriberMail: {
    payload: z.object({ subscriberId: id }),
    options: retried,
    sameAs: ({ subscriberId }: { subscriberId: string }) => subscriberId,
    concurrency: 4,
  },
  /** Sends whoever wrote below an issue of the newsletter the mail that has them confirm it. */
  commentMail: {
    payload: z.object({ commentId: id }),
    options: retried,
    sameAs: ({ commentId }: { commentId: string }) => commentId,
    concurrency: 2,
  },
  /** Works at something long, step by step: exports, imports, bulk changes, updates. */
  task: {
    payload: z.object({ taskId: id }),
    sameAs: ({ taskId }: { taskId: string }) => taskId,
    concurrency: 2,
  },
  /** Finds all work that was not enqueued or not finished. */
  sweep: { payload: z.object({}), schedule: { every: 15_000 }, concurrency: 1 },
  /** Compares every tally with a full count. */
  compare: { payload: z.object({}), schedule: { pattern: '0 3 * * *', tz: 'UTC' }, concurrency: 1 },
  /** Deletes what has been kept long enough. */
  retention: { payload: z.object({}), schedule: { pattern: '30 * * * *', tz: 'UTC' }, concurrency: 1 },
} as const satisfies Record<string, Declaration>;

/** The fewest payloads that ask for the same. */
function inFewest({ gathers, sameAs }: Declaration, payloads: readonly object[]): object[] {
  if (sameAs) return [...new Map(payloads.map((payload) => [sameAs(payload as never), payload])).values()];
  if (!gathers) return [...payloads];
  const { list, most } = gathers;
  const all = payloads.flatMap((payload) => (payload as Record<string, string[]>)[list] ?? []);
  const distinct = [...new Set(all)];
  return Array.from({ length: Math.ceil(distinct.length / most) }, (_, n) => ({
    [list]: distinct.slice(n * most, (n + 1) * most),
  }));
}

export type JobName = keyof typeof jobs;
export type Payload<Name extends JobName> = z.output<(typeof jobs)[Name]['payload']>;
export type Queues = ReturnType<typeof createQueues>;

/** The producing side. Enqueueing never fails the caller: a sweep finds what Redis did not take. */
export function createQueues(connection: Redis, log: Log) {
  const underWay = new Set<Promise<unknown>>();
  const queues = Object.fromEntries(
    Object.keys(jobs).map((name) => {
      const queue = new Queue(name, { connection });
      queue.on('error', (error) => log.debug({ err: error, queue: name }, 'queue connection'));
      return [name, queue];
    }),
  ) as Record<JobName, Queue>;

  const add = async <Name extends JobName>(name: Name, payload: Payload<Name>): Promise<void> => {
    const { options, sameAs }: Declaration = jobs[name];
    const deduplication = sameAs && { id: sameAs(payload as never), keepLastIfActive: true };
    const kept = { removeOnComplete: true, removeOnFail: true };
    await queues[name].add(name, payload, { ...options, ...kept, ...(deduplication && { deduplication }) });
  };

  const addTogether = Object.fromEntries(
    (Object.keys(jobs) as JobName[]).map((name) => {
      const addAll = async (payloads: object[]) => {
        const distinct = inFewest(jobs[name], payloads) as Payload<JobName>[];
        await Promise.all(distinct.map((payload) => add(name, payload)));
        return allDone(payloads);
      };
      return [name, together(addAll, gathering)];
    }),
  ) as Record<JobName, (payload: object) => Promise<void>>;

  return {
    /** Returns at once. While Redis is away nothing is kept in memory for it. */
    enqueue<Name extends JobName>(name: Name, payload: Payload<Name>): void {
      if (connection.status !== 'ready') return;
      const adding = addTogether[name](payload)
        .catch((error) => log.warn({ err: error, job: name }, 'not enqueued; a sweep will'))
        .finally(() => underWay.delete(adding));
      underWay.add(adding);
    },

    /** Makes sure that every scheduled job is on the clock; Redis may have been emptied. Throws when it is down. */
    async keepSchedules(): Promise<void> {
      for (const [name, { schedule, options }] of Object.entries(jobs) as [JobName, Declaration][]) {
        if (!schedule || (await queues[name].getJobScheduler(name))) continue;
        const kept = { removeOnComplete: true, removeOnFail: true };
        await queues[name].upsertJobScheduler(name, schedule, {
          name,
          data: {},
          opts: { ...options, ...kept },
        });
      }
    },

    /** Whether work of this kind waits that nobody has begun. Throws when Redis is down. */
    async isBehind(name: JobName): Promise<boolean> {
      return (await queues[name].getWaitingCount()) > 0;
    },

    /** How many jobs of each kind wait or run. */
    async depths(): Promise<Record<JobName, number>> {
      const counts = await Promise.all(
        Object.entries(queues).map(async ([name, queue]) => {
          const {
            waiting = 0,
            active = 0,
            delayed = 0,
          } = await queue.getJobCounts('waiting', 'active', 'delayed');
          return [name, waiting + active + delayed] as const;
        }),
      );
      return Object.fromEntries(counts) as Record<JobName, number>;
    },

    /** Each queue's depth, and for how many seconds the first job in line has waited. Throws when Redis is down. */
    async states(): Promise<{ queue: JobName; depth: number; waited: number }[]> {
      const depths = await this.depths();
      return Promise.all(
        (Object.keys(queues) as JobName[]).map(async (queue) => {
          const [first] = await queues[queue].getJobs('waiting', 0, 0, true);
          return { queue, depth: depths[queue], waited: first ? (Date.now() - first.timestamp) / 1000 : 0 };
        }),
      );
    },

    /** Waits for what is being added, then lets go of Redis. */
    async close(): Promise<void> {
      await Promise.allSettled(underWay);
      await Promise.allSettled(Object.values(queues).map((queue) => queue.close()));
    },
  };
}
