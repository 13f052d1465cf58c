import { z } from 'zod';
import { officialWork } from '../../config/limits.ts';
import { type OfficialSiteName, officialSites } from '../../config/official-sites.ts';
import type { Official, ReadingFailure } from './official.ts';
import { jsonUrlOf, siteNameOf } from './site.ts';

/** What a site says of a petition. */
export type Reading = { count: number; state: string; opensOn?: string; closesOn?: string; isOver: boolean };
type ReadingOutcome = { outcome: 'read'; reading: Reading } | { outcome: 'failed'; reason: ReadingFailure };

const dayOf = z
  .string()
  .regex(/^\d{4}-\d{2}-\d{2}(T|$)/)
  .transform((text) => text.slice(0, 10))
  .nullish()
  .catch(undefined);

/** How each site that publishes JSON words it. A provider takes the parsed answer; undefined where it is none. */
const providers: Partial<Record<OfficialSiteName, (answer: unknown) => Reading | undefined>> = {
  /** https://petition.parliament.uk/help#api */
  ukParliament(answer) {
    const attributes = z.object({
      signature_count: z.number().int().min(0).max(1_000_000_000),
      state: z.string().regex(/^[a-z_]{1,30}$/),
      opened_at: dayOf,
      closed_at: dayOf,
    });
    const parsed = z.object({ data: z.object({ attributes }) }).safeParse(answer);
    if (!parsed.success) return undefined;
    const { signature_count: count, state, opened_at, closed_at } = parsed.data.data.attributes;
    const days = { opensOn: opened_at ?? undefined, closesOn: closed_at ?? undefined };
    return { count, state, ...days, isOver: state !== 'open' };
  },
};

/** When it may be asked next: at once, unless that was lately. */
export function nextReading(official: Pick<Official, 'triedAt'> | null, now: Date): Date {
  const earliest = (official?.triedAt?.getTime() ?? 0) + officialWork.every * 1000;
  return new Date(Math.max(now.getTime(), earliest));
}

/**
 * Asks the site of an official page for its count. Only an address of the list in config is ever asked, over https, and
 * no redirect is followed: what organizers type leads nowhere else.
 */
export async function readOfficialCount(url: string): Promise<ReadingOutcome> {
  const address = jsonUrlOf(url);
  const site = siteNameOf(url);
  const provider = site && providers[site];
  if (!address || !provider || !isListed(address)) return { outcome: 'failed', reason: 'notFound' };
  const asked = await ask(address);
  if (typeof asked === 'string') return { outcome: 'failed', reason: asked };
  const reading = provider(parseJson(asked.text));
  return reading ? { outcome: 'read', reading } : { outcome: 'failed', reason: 'malformed' };
}

function isListed(address: string): boolean {
  const { protocol, hostname } = new URL(address);
  const hosts = Object.values(officialSites).flatMap<string>((site) => site.hosts);
  return protocol === 'https:' && hosts.includes(hostname);
}

/** The answer's text, or why there is none. */
async function ask(address: string): Promise<{ text: string } | ReadingFailure> {
  try {
    const answer = await fetch(address, {
      headers: { accept: 'application/json', 'user-agent': 'Undersigned' },
      redirect: 'manual',
      signal: AbortSignal.timeout(officialWork.timeout),
    });
    if (answer.status >= 300 && answer.status < 400) return drop(answer, 'moved');
    if (answer.status === 404 || answer.status === 410) return drop(answer, 'notFound');
    if (!answer.ok) return drop(answer, 'refused');
    return await readText(answer);
  } catch (error) {
    return (error as Error).name === 'TimeoutError' ? 'late' : 'unreachable';
  }
}

async function drop(answer: Response, reason: ReadingFailure): Promise<ReadingFailure> {
  await answer.body?.cancel();
  return reason;
}

/** At most so many bytes, whatever the answer says of its length. */
async function readText(answer: Response): Promise<{ text: string } | ReadingFailure> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of answer.body ?? []) {
    size += chunk.length;
    // Leaving the loop lets go of the rest.
    if (size > officialWork.bytes) return 'tooLarge';
    chunks.push(chunk);
  }
  return { text: Buffer.concat(chunks).toString('utf8') };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
