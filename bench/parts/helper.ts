import { request } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { type Part, startPart } from '../../scripts/part.ts';

/** A process that helps to measure; `told` is what it said when it was ready. */
export type Helper = Part & {
  told: Record<string, number>;
  ask<Answer>(name: string, question?: object): Promise<Answer>;
};

/** Starts a script in `bench/` that calls {@link serveControl}. */
export async function startHelper(file: string, env: Record<string, string> = {}): Promise<Helper> {
  let told: Record<string, number> = {};
  const part = await startPart({
    command: process.execPath,
    args: [join(import.meta.dirname, '..', file)],
    env: { NODE_ENV: 'production', ...env },
    ready(line) {
      if (!line.startsWith('{"control":')) return false;
      told = JSON.parse(line) as Record<string, number>;
      return true;
    },
    onLine: () => undefined,
  });
  return { ...part, told, ask: (name, question = {}) => ask(told.control ?? 0, name, question) };
}

/** Not `fetch`, which gives up on an answer after five minutes. */
async function ask<Answer>(port: number, name: string, question: object): Promise<Answer> {
  const answer = await new Promise<{ status?: number; body: string }>((resolve, reject) => {
    request({ host: '127.0.0.1', port, path: `/${name}`, method: 'POST' }, async (response) => {
      resolve({ status: response.statusCode, body: await text(response) });
    })
      .on('error', reject)
      .end(JSON.stringify(question));
  });
  if (answer.status !== 200) throw new Error(JSON.parse(answer.body) as string);
  return JSON.parse(answer.body) as Answer;
}
