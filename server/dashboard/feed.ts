import { dashboardWork } from '../../config/limits.ts';
import type { Log } from '../../config/log.ts';
import { everyPetition, type LiveCounts, type Viewer } from '../tallies/live.ts';

/** A dashboard's numbers, and when they were so. */
export type Snapshot = { asOf: string; live: object };
/** Reads what a feed tells; undefined where there is nothing of that name. */
type Read = (name: string) => Promise<Snapshot | undefined>;

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
 * The dashboards that are open on this process, by name: a petition's id, or with `ofAll` any name of what all petitions
 * can move. Each that somebody watches is read once for all who do: at once when a count moved, now and then for what
 * moves no count, never within `tellEvery` of the last time, and never for more than a part of the time. A snapshot that
 * says nothing new is sent as its time alone.
 */
export function createFeeds(read: Read, log: Log, ofAll = false) {
  const feeds = new Map<string, Feed>();
  const send = ({ viewers }: Feed, text: string) => {
    for (const viewer of viewers) viewer.write(text);
  };

  function open(name: string, live: LiveCounts): Feed {
    const feed: Feed = {
      ...{ viewers: new Set(), isReading: false, isAsked: false, restUntil: 0 },
      leave: live.watch(ofAll ? everyPetition : name, {
        write(text) {
          const isCount = !text.startsWith(':');
          if (!ofAll || !isCount) send(feed, text);
          if (isCount) ask(name, feed);
        },
        end() {
          for (const viewer of feed.viewers) viewer.end();
        },
      }),
    };
    feeds.set(name, feed);
    return feed;
  }

  function ask(name: string, feed: Feed): void {
    feed.isAsked = true;
    plan(name, feed);
  }

  function plan(name: string, feed: Feed): void {
    if (feed.isReading || feed.viewers.size === 0) return;
    clearTimeout(feed.timer);
    const wait = feed.isAsked ? 0 : dashboardWork.lookEvery;
    const at = Math.max(Date.now() + wait, feed.restUntil);
    feed.timer = setTimeout(() => void tell(name, feed), at - Date.now()).unref();
  }

  async function tell(name: string, feed: Feed): Promise<void> {
    const began = Date.now();
    feed.isReading = true;
    feed.isAsked = false;
    try {
      const snapshot = await read(name);
      if (snapshot) sendNews(feed, snapshot);
    } catch (error) {
      log.warn({ err: error }, 'a dashboard could not be read; it will be again');
    }
    feed.isReading = false;
    const took = Date.now() - began;
    feed.restUntil = began + Math.max(dashboardWork.tellEvery, took * dashboardWork.restFactor);
    plan(name, feed);
  }

  function sendNews(feed: Feed, snapshot: Snapshot): void {
    const numbers = JSON.stringify(snapshot.live);
    const isNew = numbers !== feed.last?.numbers;
    const event = `event: snapshot\ndata: ${JSON.stringify(snapshot)}\n\n`;
    feed.last = { event, numbers };
    send(feed, isNew ? event : `event: same\ndata: ${JSON.stringify({ asOf: snapshot.asOf })}\n\n`);
  }

  /** Adds a viewer, who is told the numbers of now; the returned function takes it out again. */
  return function watch(name: string, viewer: Viewer, live: LiveCounts): () => void {
    const feed = feeds.get(name) ?? open(name, live);
    feed.viewers.add(viewer);
    if (feed.last) viewer.write(feed.last.event);
    ask(name, feed);
    return () => {
      feed.viewers.delete(viewer);
      if (feed.viewers.size > 0 || feeds.get(name) !== feed) return;
      feeds.delete(name);
      clearTimeout(feed.timer);
      feed.leave();
    };
  };
}
