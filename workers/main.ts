import { writeFileSync } from 'node:fs';
import { setPriority } from 'node:os';
import { type Job, Worker } from 'bullmq';
import type { Env } from '../config/env.ts';
import type { Log } from '../config/log.ts';
import { runProcess } from '../config/run.ts';
import { listenForMonitors } from '../server/health/listener.ts';
import { writeLetters } from '../server/letters/write.ts';
import { createPlatform, type Platform } from '../server/platform.ts';
import { connectMongo, connectRedis, disconnectMongo } from '../server/stores.ts';
import { createViews } from '../server/views.ts';
import { sendAccessMail } from './access-mail.ts';
import { watchAuditLog } from './audit.ts';
import { compareCampaigns, tallyCampaign } from './campaigns.ts';
import { compareTallies } from './compare.ts';
import { deleteOldFiles } from './files.ts';
import { sendLetters } from './letters.ts';
import { sendDueMails } from './mail.ts';
import { createMailer } from './mailer.ts';
import { sendMilestoneMails } from './milestones.ts';
import { sendCommentMail, sendSubscriberMail } from './newsletter-mail.ts';
import { readDueCount } from './official-count.ts';
import { createQueues, type JobName, jobs, type Payload } from './queues.ts';
import { applyRetention } from './retention.ts';
import { sweep } from './sweep.ts';
import { tallyPetition } from './tally.ts';
import { runTask, taskKinds } from './task.ts';

/** How often the schedules are looked after, in milliseconds: Redis may have been emptied. */
const scheduleCheck = 60_000;

type Handlers = { [Name in JobName]: (payload: Payload<Name>) => Promise<void> };

/** How far workers step back, as `nice` counts. */
const politeness = 5;

/**
 * On a machine that is shared with the web process people go first: a mail can wait a moment. A process of its own
 * session is in an autogroup of its own, which Linux weighs instead of the process: sched(7).
 */
function stepBack(): void {
  try {
    setPriority(politeness);
    writeFileSync('/proc/self/autogroup', String(politeness));
  } catch {
    // Not everywhere may a process do that, or is there such a thing; it works all the same.
  }
}

/** Starts one worker process; run as many as there is work for. */
export async function startWorkers(env: Env, log: Log): Promise<{ close(): Promise<void> }> {
  const stop = new AbortController();
  const redis = connectRedis(env.REDIS_URL, 'prompt', log);
  const queues = createQueues(redis, log);
  const platform = createPlatform(env, log, redis, queues);
  // Before the database is there: whoever watches must not take a process that waits for a dead one.
  const monitors = await listenForMonitors(env, platform.metrics);
  if (monitors) log.info({ port: monitors.port }, 'monitors are answered');
  await connectMongo(env.MONGODB_URL, log, stop.signal);
  const mailer = createMailer(env);
  const mailTools = { ...platform, mailer, views: createViews() };

  const handlers: Handlers = {
    mail: ({ signatureIds }) => sendDueMails(mailTools, signatureIds),
    accessMail: ({ linkId }) => sendAccessMail(mailTools, linkId),
    task: ({ taskId }) => runTask(mailTools, taskId, taskKinds, stop.signal),
    letter: ({ signatureId }) => writeLetters(platform, signatureId),
    subscriberMail: ({ subscriberId }) => sendSubscriberMail(mailTools, subscriberId),
    commentMail: ({ commentId }) => sendCommentMail(mailTools, commentId),
    letterTurn: ({ targetId }) => sendLetters(mailTools, targetId),
    milestone: ({ petitionId }) => sendMilestoneMails(mailTools, petitionId),
    officialCount: ({ petitionId }) => readDueCount(platform, petitionId),
    campaignTally: ({ campaignId }) => tallyCampaign(platform, campaignId),
    tally: ({ petitionId }) => tallyPetition(platform, petitionId),
    sweep: () => sweep(platform),
    compare: async () => {
      await compareTallies(platform);
      await compareCampaigns(platform);
      await watchAuditLog(platform);
    },
    retention: async () => {
      await applyRetention(log);
      await deleteOldFiles(platform);
    },
  };
  const connection = connectRedis(env.REDIS_URL, 'patient', log);
  const workers = (Object.keys(jobs) as JobName[]).map((name) =>
    startWorker(name, handlers, connection, platform),
  );

  const keepSchedules = () =>
    queues.keepSchedules().catch((error) => log.warn({ err: error }, 'schedules wait for Redis'));
  const checking = setInterval(keepSchedules, scheduleCheck);
  redis.on('ready', keepSchedules);
  // It may have been there before we were.
  if (redis.status === 'ready') void keepSchedules();

  return {
    async close() {
      stop.abort();
      clearInterval(checking);
      await Promise.allSettled(workers.map((worker) => worker.close()));
      await queues.close();
      mailer.close();
      await monitors?.close();
      connection.disconnect();
      redis.disconnect();
      await disconnectMongo();
    },
  };
}

function startWorker(
  name: JobName,
  handlers: Handlers,
  connection: ReturnType<typeof connectRedis>,
  { log, metrics }: Pick<Platform, 'log' | 'metrics'>,
): Worker {
  const { payload, concurrency } = jobs[name];
  const handle = async (job: Job) => {
    const begun = performance.now();
    const end = (outcome: 'done' | 'failed') =>
      metrics.jobs.observe((performance.now() - begun) / 1_000, { name, outcome });
    try {
      await handlers[name](payload.parse(job.data) as never);
      end('done');
    } catch (error) {
      end('failed');
      throw error;
    }
  };
  const worker = new Worker(name, handle, { connection, concurrency });
  worker.on('failed', (job, error) => {
    const left = (job?.opts.attempts ?? 1) - (job?.attemptsMade ?? 1);
    log[left > 0 ? 'warn' : 'error']({ err: error, job: name, attemptsLeft: left }, 'a job failed');
  });
  worker.on('error', (error) => log.debug({ err: error, job: name }, 'worker connection'));
  return worker;
}

if (import.meta.main) {
  await runProcess('workers', async (env, log) => {
    stepBack();
    const workers = await startWorkers(env, log);
    log.info('working');
    return workers;
  });
}
