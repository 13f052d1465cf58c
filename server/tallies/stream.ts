import type { IncomingMessage, ServerResponse } from 'node:http';
import { streamWork } from '../../config/limits.ts';
import { type Line, lineOf } from '../bare-connections.ts';
import type { LiveCounts, Viewer } from './live.ts';

/** Hears how streams fare. */
export type NoteStream = (outcome: 'opened' | 'dropped') => void;

/** What a stream begins with: when to come back should it end, each viewer at a time of their own. */
const comeBack = (): string => {
  const { againFrom, againTo } = streamWork;
  return `retry: ${Math.round(againFrom + Math.random() * (againTo - againFrom))}\n\n`;
};

/** Begins an event stream, which ends with its connection; undefined where that is all: for `HEAD`, or while we stop. */
export function beginStream(
  { method }: Pick<IncomingMessage, 'method'>,
  response: ServerResponse,
  { isClosed }: Pick<LiveCounts, 'isClosed'>,
  headers: Record<string, string> = {},
): Line | undefined {
  // No lengths around each event: what is written to the connection is the event alone.
  response.removeHeader('Transfer-Encoding');
  response.writeHead(200, {
    'Content-Type': 'text/event-stream; charset=utf-8',
    'Cache-Control': 'no-store',
    'X-Accel-Buffering': 'no',
    Connection: 'close',
    ...headers,
  });
  if (method === 'HEAD' || response.destroyed || isClosed) {
    response.end(comeBack());
    return undefined;
  }
  response.write(comeBack());
  return lineOf(response);
}

/** Who reads a stream. One who stopped reading must not fill our memory: from `mostUnread` bytes on they are cut. */
export class StreamViewer implements Viewer {
  readonly line: Line;
  readonly #mostUnread: number;
  readonly #note: NoteStream;
  constructor(line: Line, mostUnread: number, note: NoteStream) {
    this.line = line;
    this.#mostUnread = mostUnread;
    this.#note = note;
  }

  write(text: string): void {
    const { line } = this;
    // An ended stream stays until its last bytes are taken.
    if (line.writableEnded || line.destroyed) return;
    if (line.writableLength <= this.#mostUnread) return void line.write(text);
    this.#note('dropped');
    line.destroy();
  }

  end(): void {
    this.line.end();
  }
}

/** Whoever watches a count, for a while: browsers come back by themselves, to whichever process is free by then. */
export class CountViewer extends StreamViewer {
  isTold = false;
  readonly #until = Date.now() + streamWork.lasts * (0.75 + Math.random() / 2);

  override write(text: string): void {
    const isCount = text.startsWith('event:');
    this.isTold ||= isCount;
    // Between two counts, at a heartbeat: a timer for each would cost as much as all else of ours.
    if (isCount || Date.now() < this.#until) super.write(text);
    else this.end();
  }
}
