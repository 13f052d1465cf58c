import { dashboardWork } from '../../config/limits.ts';
import type { Log } from '../../config/log.ts';
import type { LiveCounts, Viewer } from '../tallies/live.ts';

/** A dashboard's numbers, and when they were so. */
export type Snapshot = { asOf: string; live: object };
/** Adds a viewer of a petition's dashboard; the returned function takes it out again. */
export type WatchDashboard = ReturnType<typeof createFeeds>;

type Feed = {
  viewers: Set<Viewer>;
  timer?: NodeJS.Timeout;
  /** What was sent last: the event, and the numbers in it. */
  last?: { event: string; numbers: string };
  isReading: boolean;
  /** The count moved, or somebody came, since the last reading began. */
  isAsked: boolean;
  /** No reading before this. */
  restUntil: number;
  leave(): void;
};

/**
 * The dashboards that are open on this process. Each petition that somebody watches is read once for all who do: at
 * once when its count moved, now and then for what moves no count, never within `tellEvery` of the last time, and never
 * for more than a small part of the time. A snapshot that says nothing new is sent as its time alone.
 */
export function createFeeds(read: (petitionId: string) => Promise<Snapshot | undefined>, log: Log) {
  const feeds = new Map<string, Feed>();
  const send = ({ viewers }: Feed, text: string) => {
    for (const viewer of viewers) viewer.write(text);
  };

  function open(petitionId: string, live: LiveCounts): Feed {
    const feed: Feed = {
      ...{ viewers: new Set(), isReading: false, isAsked: false, restUntil: 0 },
      leave: live.watch(petitionId, {
        write(text) {
          send(feed, text);
          if (!text.startsWith(':')) ask(petitionId, feed);
        },
        end() {
          for (const viewer of feed.viewers) viewer.end();
        },
      }),
    };
    feeds.set(petitionId, feed);
    return feed;
  }

  function ask(petitionId: string, feed: Feed): void {
    feed.isAsked = true;
    plan(petitionId, feed);
  }

  function plan(petitionId: string, feed: Feed): void {
    if (feed.isReading || feed.viewers.size === 0) return;
    clearTimeout(feed.timer);
    const wait = feed.isAsked ? 0 : dashboardWork.lookEvery;
    const at = Math.max(Date.now() + wait, feed.restUntil);
    feed.timer = setTimeout(() => void tell(petitionId, feed), at - Date.now()).unref();
  }

  async function tell(petitionId: string, feed: Feed): Promise<void> {
    const began = Date.now();
    feed.isReading = true;
    feed.isAsked = false;
    try {
      const snapshot = await read(petitionId);
      if (snapshot) sendNews(feed, snapshot);
    } catch (error) {
      log.warn({ err: error }, 'a dashboard could not be read; it will be again');
    }
    feed.isReading = false;
    const took = Date.now() - began;
    feed.restUntil = began + Math.max(dashboardWork.tellEvery, took * dashboardWork.restFactor);
    plan(petitionId, feed);
  }

  function sendNews(feed: Feed, snapshot: Snapshot): void {
    const numbers = JSON.stringify(snapshot.live);
    const isNew = numbers !== feed.last?.numbers;
    const event = `event: snapshot\ndata: ${JSON.stringify(snapshot)}\n\n`;
    feed.last = { event, numbers };
    send(feed, isNew ? event : `event: same\ndata: ${JSON.stringify({ asOf: snapshot.asOf })}\n\n`);
  }

  /** Adds a viewer, who is told the numbers of now; the returned function takes it out again. */
  return function watch(petitionId: string, viewer: Viewer, live: LiveCounts): () => void {
    const feed = feeds.get(petitionId) ?? open(petitionId, live);
    feed.viewers.add(viewer);
    if (feed.last) viewer.write(feed.last.event);
    ask(petitionId, feed);
    return () => {
      feed.viewers.delete(viewer);
      if (feed.viewers.size > 0 || feeds.get(petitionId) !== feed) return;
      feeds.delete(petitionId);
      clearTimeout(feed.timer);
      feed.leave();
    };
  };
}
