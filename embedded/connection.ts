import { existsSync, readFileSync } from 'node:fs';
import mongoose from 'mongoose';
import { addressFile, startEmbedded } from './database.ts';

type Connection = { client: mongoose.mongo.MongoClient; close(): Promise<void> };

/**
 * Connects to a server by its URL, or to the embedded database of a data directory: the one that is running on it, or
 * else one that is started for the time being.
 */
export async function connect({
  url,
  data,
}: {
  url?: string | undefined;
  data: string;
}): Promise<Connection> {
  const running = url ?? runningOn(data);
  if (running !== undefined) {
    const client = await mongoose.mongo.MongoClient.connect(running);
    return { client, close: () => client.close() };
  }
  const database = await startEmbedded({ dataDir: data });
  const client = await mongoose.mongo.MongoClient.connect(database.url);
  const close = async () => {
    await client.close();
    await database.close();
  };
  return { client, close };
}

/** The address that a live database on this directory has left there. */
function runningOn(dataDir: string): string | undefined {
  const file = addressFile(dataDir);
  if (!existsSync(file)) return undefined;
  const { url, pid } = JSON.parse(readFileSync(file, 'utf8')) as { url: string; pid: number };
  try {
    process.kill(pid, 0);
    return url;
  } catch {
    return undefined;
  }
}
