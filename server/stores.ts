import { Redis } from 'ioredis';
import mongoose from 'mongoose';
import type { Log } from '../config/log.ts';
import { AuditEntry } from './audit/entry.ts';
import { Campaign } from './campaigns/campaign.ts';
import { Participation } from './campaigns/participation.ts';
import { CampaignTally } from './campaigns/tally.ts';
import { Export } from './exports/export.ts';
import { Image } from './images/image.ts';
import { Import } from './imports/import.ts';
import { LetterHour } from './letters/hour.ts';
import { Letter } from './letters/letter.ts';
import { Target } from './letters/target.ts';
import { Official, OfficialCount } from './linked/official.ts';
import { Mailing } from './mailings/mailing.ts';
import { Milestone } from './milestones/milestone.ts';
import { NewsletterComment } from './newsletter/comments/comment.ts';
import { Issue } from './newsletter/issues/issue.ts';
import { Subscriber } from './newsletter/subscriber.ts';
import { AccessLink } from './organizers/access-link.ts';
import { Organizer } from './organizers/organizer.ts';
import { Petition } from './petitions/petition.ts';
import { PetitionVersion } from './petitions/versions/version.ts';
import { Report } from './reports/report.ts';
import { RepresentLookup } from './representatives/represent/represent.ts';
import { Representative } from './representatives/representative.ts';
import { RepresentativeArea, RepresentativeTable } from './representatives/table/table.ts';
import { Signature } from './signatures/signature.ts';
import { Suppression } from './signers/suppression.ts';
import { Tally } from './tallies/tally.ts';
import { Task } from './tasks/task.ts';
import { Update } from './updates/update.ts';

const models = [
  Petition,
  PetitionVersion,
  Image,
  Signature,
  Tally,
  Mailing,
  Suppression,
  Organizer,
  AccessLink,
  AuditEntry,
  Task,
  Import,
  Export,
  Report,
  Update,
  Milestone,
  Representative,
  RepresentLookup,
  RepresentativeTable,
  RepresentativeArea,
  Campaign,
  Participation,
  CampaignTally,
  Official,
  OfficialCount,
  Target,
  Letter,
  LetterHour,
  Subscriber,
  Issue,
  NewsletterComment,
] as const;

/**
 * Connects to MongoDB and makes the indexes. Resolves once that is done; keeps trying while the database is away,
 * so that a process may start before it. `signal` gives up.
 */
export async function connectMongo(url: string, log: Log, signal?: AbortSignal): Promise<void> {
  mongoose.set('bufferCommands', false);
  mongoose.set('autoIndex', false);
  mongoose.set('autoCreate', false);
  for (let wait = 250; !signal?.aborted; wait = Math.min(wait * 2, 5_000)) {
    try {
      await mongoose.connect(url, {
        serverSelectionTimeoutMS: 2_000,
        connectTimeoutMS: 5_000,
        socketTimeoutMS: 20_000,
        promoteBuffers: true,
        maxPoolSize: 50,
      });
      await Promise.all(models.map(makeIndexes));
      return;
    } catch (error) {
      log.warn({ err: error }, 'MongoDB cannot be reached yet');
      await mongoose.disconnect().catch(() => undefined);
      await new Promise((resolve) => setTimeout(resolve, wait));
    }
  }
}

/** All indexes of a collection in one command; Mongoose makes one after the other. */
async function makeIndexes({ schema, collection }: (typeof models)[number]): Promise<void> {
  const indexes = schema.indexes().map(([key, { background: _, ...options }]) => ({ key, ...options }));
  if (indexes.length > 0) await collection.createIndexes(indexes as mongoose.mongo.IndexDescription[]);
}

export const disconnectMongo = (): Promise<void> => mongoose.disconnect();

/** Resolves when the database answers within a second; throws otherwise. */
export async function pingMongo(): Promise<void> {
  const { db } = mongoose.connection;
  if (!db) throw new Error('MongoDB is not connected');
  const late = new Promise<never>((_, reject) => {
    setTimeout(() => reject(new Error('MongoDB did not answer within a second')), 1_000).unref();
  });
  await Promise.race([db.command({ ping: 1 }), late]);
}

const unreachable = new Set([
  ...['MongoServerSelectionError', 'MongoNetworkError', 'MongoNetworkTimeoutError', 'MongoNotConnectedError'],
  ...[
    'MongoTopologyClosedError',
    'MongoPoolClearedError',
    'PoolClearedOnNetworkError',
    'MongoPoolClosedError',
  ],
  ...['MongoWaitQueueTimeoutError', 'MongoOperationTimeoutError', 'MongooseServerSelectionError'],
  ...['MongoExpiredSessionError', 'MongoClientClosedError', 'PoolClosedError', 'WaitQueueTimeoutError'],
]);

/** Answers of a server that is there and cannot write now: its disk is full, it shuts down, or it is no longer the primary. */
const unable = new Set([14031, 91, 11600, 11602, 10107, 13435, 13436, 189]);

/** Whether an error means that the database is away, not that something is wrong with the request. */
export function isMongoAway(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code } = error as { code?: unknown };
  return (
    unreachable.has(error.name) ||
    unable.has(Number(code)) ||
    // What a socket says that is written to after the other side ended it: the driver passes that on as it is.
    code === 'EPIPE' ||
    /before initial connection is complete|buffering timed out/.test(error.message)
  );
}

/** Whether an error means that Redis is away. */
export const isRedisAway = (error: unknown): boolean =>
  error instanceof Error &&
  /enableOfflineQueue|Connection is closed|Command timed out|max retries per request|ECONNREFUSED/i.test(
    error.message,
  );

/**
 * `prompt`: for requests; a command fails at once while Redis is away, or after a second of silence.
 * `patient`: for workers and subscribers; commands wait until it is back.
 */
export function connectRedis(url: string, manner: 'prompt' | 'patient', log: Log): Redis {
  const retryStrategy = (times: number) => Math.min(times * 100, 2_000);
  const redis =
    manner === 'prompt'
      ? new Redis(url, {
          retryStrategy,
          enableOfflineQueue: false,
          maxRetriesPerRequest: 0,
          commandTimeout: 1_000,
        })
      : new Redis(url, { retryStrategy, maxRetriesPerRequest: null });
  let away = false;
  redis.on('error', (error) => {
    if (!away) log.warn({ err: error }, 'Redis cannot be reached');
    away = true;
  });
  redis.on('ready', () => {
    if (away) log.info('Redis is back');
    away = false;
  });
  return redis;
}
