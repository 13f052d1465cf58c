import { representativeLimits } from '../../../config/limits.ts';
import type { Platform } from '../../platform.ts';
import { readAnswer } from './answer.ts';
import { mayAsk, restFor } from './budget.ts';

export type Answer =
  | ({ outcome: 'known' } & NonNullable<ReturnType<typeof readAnswer>>)
  | { outcome: 'unknown' | 'unavailable' };

type Tools = Pick<Platform, 'env' | 'log' | 'redis'>;
const unavailable: Answer = { outcome: 'unavailable' };

/**
 * Asks Represent about a postal code such as `K1A0B1`. Whatever goes wrong is `unavailable`. The log never has the code:
 * an address, an answer and an error of reading one all can, so only their kinds are written.
 */
export async function askRepresent(tools: Tools, code: string): Promise<Answer> {
  const { log, redis } = tools;
  try {
    if (!(await mayAsk(redis))) {
      log.warn('Represent is not asked: as many questions as may be were asked within a minute');
      return unavailable;
    }
    return await question(tools, code);
  } catch (error) {
    log.warn({ problem: error instanceof Error ? error.name : 'unknown' }, 'Represent could not be asked');
    return unavailable;
  }
}

async function question({ env, log, redis }: Tools, code: string): Promise<Answer> {
  const reply = await fetch(new URL(`/postcodes/${code}/`, env.REPRESENT_URL), {
    signal: AbortSignal.timeout(representativeLimits.timeout),
    redirect: 'error',
    headers: { accept: 'application/json', 'user-agent': `Undersigned (+${env.BASE_URL})` },
  });
  const { status } = reply;
  if (status === 200) {
    const answer = readAnswer(code, JSON.parse(await readBody(reply)));
    if (answer) return { outcome: 'known', ...answer };
  } else await reply.body?.cancel();
  if (status === 404) return { outcome: 'unknown' };
  if (status === 503 || status === 429) await restFor(redis, representativeLimits.rest);
  log.warn({ status }, 'Represent did not answer as it should');
  return unavailable;
}

/** The text of an answer that is not larger than any should be. */
async function readBody(reply: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of reply.body ?? []) {
    size += chunk.length;
    if (size > representativeLimits.answerBytes) throw new RangeError('The answer is too large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
