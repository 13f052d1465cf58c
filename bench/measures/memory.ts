import { readFile } from 'node:fs/promises';
import { setTimeout } from 'node:timers/promises';
import type { Part } from '../../scripts/part.ts';

/** The memory a process holds now, in bytes (Linux). */
async function memoryNow({ pid }: Pick<Part, 'pid'>): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  const [, kibibytes] = /^VmRSS:\s*(\d+) kB/m.exec(status) ?? [];
  if (!kibibytes) throw new Error('Memory of a process can be read only on Linux (/proc)');
  return Number(kibibytes) * 1024;
}

/** The memory a process holds once it rests: the least of a few looks. */
export async function memoryOf(part: Pick<Part, 'pid'>): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  for (let looks = 0; looks < 3; looks += 1) {
    least = Math.min(least, await memoryNow(part));
    await setTimeout(150);
  }
  return least;
}

/**
 * What the young generation of a web process takes of its memory, in bytes: where new objects are made. It grows in a few
 * large steps to a size of its own, and belongs to nobody.
 */
export async function youngOf({ url }: { url: string }): Promise<number> {
  const said = await (await fetch(`${url}/metrics`)).text();
  const [, bytes] = /^nodejs_heap_space_size_total_bytes\{[^}]*space="new"[^}]*\} (\d+)/m.exec(said) ?? [];
  if (!bytes) throw new Error('The web process does not say how large its young generation is');
  return Number(bytes);
}

/** The most a process held while some work was done. */
export async function highestMemory(part: Pick<Part, 'pid'>, work: Promise<unknown>): Promise<number> {
  let [highest, isDone] = [0, false];
  const done = work.finally(() => {
    isDone = true;
  });
  while (!isDone) {
    highest = Math.max(highest, await memoryNow(part));
    await Promise.race([done, setTimeout(50)]);
  }
  await done;
  return highest;
}
