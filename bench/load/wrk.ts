import { join } from 'node:path';
import { startPart } from '../../scripts/part.ts';

type Order = {
  url: string;
  script: 'get' | 'sign';
  /** The status every answer must have. Any other, a broken connection or a late answer is no number but an error. */
  expected: number;
  args?: string[];
  connections: number;
  seconds: number;
};

/** What a load saw: answers, the time it took in seconds, and latencies in milliseconds. */
export type Load = {
  answered: number;
  connections: number;
  seconds: number;
  rate: number;
  p50: number;
  p99: number;
};
type Seen = Omit<Load, 'rate' | 'connections'> & Record<'unexpected' | 'strange' | 'broken' | 'late', number>;

/** Keeps so many connections busy for so long. One thread: it is not what is measured. */
export async function load({ url, script, expected, args = [], connections, seconds }: Order): Promise<Load> {
  let seen: Seen | undefined;
  const part = await startPart({
    command: 'wrk',
    args: [
      ...['-t', '1', '-c', String(connections), '-d', `${seconds}s`, '--timeout', '10s'],
      ...['-s', join(import.meta.dirname, `${script}.lua`), url, '--', String(expected), ...args],
    ],
    env: { LUA_PATH: `${import.meta.dirname}/?.lua;;` },
    ready(line) {
      if (line.startsWith('{"answered"')) seen = JSON.parse(line) as Seen;
      return seen !== undefined;
    },
    onLine: () => undefined,
  });
  await part.stop();
  if (!seen) throw new Error('wrk said nothing');
  const { answered, unexpected, strange, broken, late, ...times } = seen;
  if (unexpected + broken + late > 0 || answered === 0) {
    const what = `${answered} answers ${expected}, ${unexpected} others (such as ${strange})`;
    throw new Error(`${url}: ${what}, ${broken} broken connections, ${late} late`);
  }
  return { answered, connections, ...times, rate: answered / times.seconds };
}
