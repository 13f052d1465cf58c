import { mongo } from 'mongoose';
import { groupWork } from '../config/limits.ts';
import { allDone, type Outcomes, together } from './together.ts';

/**
 * The database's everyday commands, each done together with its like (see `together.ts`): on a busy day one command
 * serves many requests, and each is as durable as alone. Straight to the driver: making a Mongoose document would cost
 * more than all the rest of signing.
 */

/** What these need of a Mongoose model. */
type Stored = {
  readonly collection: {
    find(filter: object): { toArray(): Promise<unknown[]> };
    insertMany(documents: never[], options: object): Promise<unknown>;
    bulkWrite(operations: never[], options: object): Promise<{ matchedCount: number }>;
  };
};
const options = { ordered: false, ignoreUndefined: true };

/** Finds documents by their id, as they are stored; undefined where there is none. */
export const findTogether = <Found extends { _id: unknown }>({ collection }: Stored) =>
  together(async (ids: Found['_id'][]): Promise<Outcomes<Found | undefined>> => {
    const distinct = [...new Map(ids.map((id) => [String(id), id])).values()];
    const found = (await collection.find({ _id: { $in: distinct } }).toArray()) as Found[];
    const byId = new Map(found.map((document) => [String(document._id), document]));
    return ids.map((id) => ({ status: 'fulfilled', value: byId.get(String(id)) }));
  }, groupWork);

/** Inserts documents, each failing as it would alone: with code 11000 where a unique index has its like. */
export const insertTogether = ({ collection }: Stored) =>
  together(
    (documents: object[]) =>
      outcomesOf(documents, collection.insertMany(documents as never[], { ...options })),
    groupWork,
  );

type Update = { filter: object; update: object };

/**
 * Updates one document each. True where its filter is sure to have found one: of a group the database says only how many
 * did, so whoever must know and hears false looks again.
 */
export const updateTogether = ({ collection }: Stored) =>
  together(async (updates: Update[]): Promise<Outcomes<boolean>> => {
    const operations = updates.map((updateOne) => ({ updateOne }));
    const writing = collection.bulkWrite(operations as never[], { ...options });
    const outcomes = await outcomesOf(updates, writing);
    const matched = await writing.then(
      ({ matchedCount }) => matchedCount,
      () => 0,
    );
    const areFound = matched === updates.length;
    return outcomes.map((outcome) =>
      outcome.status === 'fulfilled' ? { ...outcome, value: areFound } : outcome,
    );
  }, groupWork);

/** How each write fared. Throws what is about all of them, or about how durable they are. */
async function outcomesOf(writes: readonly unknown[], writing: Promise<unknown>): Promise<Outcomes<void>> {
  const outcomes = allDone(writes);
  try {
    await writing;
  } catch (error) {
    if (!(error instanceof mongo.MongoBulkWriteError) || error.result.getWriteConcernError()) throw error;
    // What kept the driver from asking at all, such as a database that is away.
    if (error.errorResponse instanceof Error) throw error.errorResponse;
    const failures = [error.writeErrors].flat() as mongo.WriteError[];
    if (failures.length === 0) throw error;
    for (const reason of failures) outcomes[reason.index] = { status: 'rejected', reason };
  }
  return outcomes;
}
