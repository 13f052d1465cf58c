import type { Redis } from 'ioredis';
import { streamWork } from '../../config/limits.ts';
import type { Log } from '../../config/log.ts';

const channel = 'counts';
const heartbeat = ': still here\n\n';
const heartbeatEvery = 25_000;

/** Instead of a petition's id: who watches this is told of every count that moves. */
export const everyPetition = '*';

/** Anything a line of text can be written to and that says when it is gone. */
export type Viewer = { write(text: string): unknown; end(): unknown };
export type LiveCounts = ReturnType<typeof createLiveCounts>;

/** Tells every web process that a petition's count moved. The message is the event's data, as it is sent on. */
export async function publishCount(redis: Redis, petitionId: string, count: object): Promise<void> {
  await redis.publish(channel, `${petitionId} ${JSON.stringify(count)}`);
}

/** One `count` event of the stream. https://html.spec.whatwg.org/multipage/server-sent-events.html */
export const countEvent = (data: string): string => `event: count\ndata: ${data}\n\n`;

/**
 * The open event streams of this process: one Redis subscription for all of them, each event serialised once. A count
 * that moves is told at once, and again only after a rest, when the latest is.
 * `subscriber` is a connection of its own; `refresh` is asked for a petition's count after Redis was away.
 */
export function createLiveCounts(
  subscriber: Redis,
  refresh: (petitionId: string) => Promise<object | undefined>,
  log: Log,
) {
  const viewers = new Map<string, Set<Viewer>>();
  let isClosed = false;
  const send = (petitionId: string, text: string) => {
    for (const viewer of viewers.get(petitionId) ?? []) viewer.write(text);
  };

  // In a surge a tally moves many times a second, and an event costs a write for each viewer.
  const resting = new Map<string, string | undefined>();
  const tell = (petitionId: string, event: string): void => {
    if (resting.has(petitionId)) {
      resting.set(petitionId, event);
      return;
    }
    for (const watched of [petitionId, everyPetition]) send(watched, event);
    resting.set(petitionId, undefined);
    setTimeout(() => {
      const latest = resting.get(petitionId);
      resting.delete(petitionId);
      if (latest) tell(petitionId, latest);
    }, streamWork.rest).unref();
  };

  subscriber.subscribe(channel).catch((error) => {
    log.debug({ err: error }, 'live counts wait for Redis');
  });
  subscriber.on('message', (_channel: string, message: string) => {
    const space = message.indexOf(' ');
    tell(message.slice(0, space), countEvent(message.slice(space + 1)));
  });
  let connectedBefore = false;
  subscriber.on('ready', async () => {
    if (connectedBefore) {
      for (const petitionId of viewers.keys()) {
        if (petitionId === everyPetition) continue;
        const count = await refresh(petitionId).catch(() => undefined);
        if (count) send(petitionId, countEvent(JSON.stringify(count)));
      }
    }
    connectedBefore = true;
  });

  // A proxy drops a silent connection, and a write is how we learn that a viewer is gone.
  const beat = setInterval(() => {
    for (const petitionId of viewers.keys()) send(petitionId, heartbeat);
  }, heartbeatEvery);
  beat.unref();

  return {
    /** How many streams are open. */
    get size(): number {
      return [...viewers.values()].reduce((sum, { size }) => sum + size, 0);
    },
    /** Whether the process is stopping: a stream that is asked for now ends at once. */
    get isClosed(): boolean {
      return isClosed;
    },

    /** Adds a viewer; the returned function takes it out again. */
    watch(petitionId: string, viewer: Viewer): () => void {
      const watching = viewers.get(petitionId) ?? new Set();
      viewers.set(petitionId, watching.add(viewer));
      return () => {
        watching.delete(viewer);
        if (watching.size === 0 && viewers.get(petitionId) === watching) viewers.delete(petitionId);
      };
    },

    /** Ends every stream; browsers reconnect, to another process if there is one. */
    close(): void {
      isClosed = true;
      clearInterval(beat);
      for (const watching of viewers.values()) for (const viewer of watching) viewer.end();
      viewers.clear();
      subscriber.disconnect();
    },
  };
}
