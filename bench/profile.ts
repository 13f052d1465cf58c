import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { flameGraph } from './flame.ts';
import { type Profile, packageOf, placeOf } from './frames.ts';

const shown = 25;
const idle = new Set(['(idle)', '(program)', '(root)']);

/** Self time in milliseconds by function and by package, the largest first, and the time that was not idle. */
function selfTimes({ nodes, samples, timeDeltas }: Profile) {
  const frames = new Map(nodes.map(({ id, callFrame }) => [id, callFrame]));
  const [functions, packages] = [new Map<string, number>(), new Map<string, number>()];
  let busy = 0;
  for (const [i, id] of samples.entries()) {
    const frame = frames.get(id);
    if (!frame || idle.has(frame.functionName)) continue;
    const took = Math.max(0, (timeDeltas[i] ?? 0) / 1000);
    busy += took;
    const place = placeOf(frame.url);
    const name = `${frame.functionName || '(anonymous)'}  ${place}:${frame.lineNumber + 1}`;
    functions.set(name, (functions.get(name) ?? 0) + took);
    const owner = packageOf(place);
    packages.set(owner, (packages.get(owner) ?? 0) + took);
  }
  const largest = (times: Map<string, number>) => [...times].sort((a, b) => b[1] - a[1]).slice(0, shown);
  return { busy, functions: largest(functions), packages: largest(packages) };
}

/** Prints where the time went, for each profile in a folder, and draws a flame graph beside it. */
export async function printProfiles(folder: string): Promise<void> {
  for (const file of (await readdir(folder)).filter((name) => name.endsWith('.cpuprofile')).sort()) {
    const profile = JSON.parse(await readFile(join(folder, file), 'utf8')) as Profile;
    const { busy, functions, packages } = selfTimes(profile);
    await writeFile(join(folder, `${file}.svg`), flameGraph(profile));
    const share = ([name, took]: [string, number]) =>
      `${((100 * took) / busy).toFixed(1).padStart(6)} %  ${name}`;
    const main = profile.nodes.find(({ callFrame }) =>
      /\/(server|workers|embedded)\/main\.ts$/.test(callFrame.url),
    );
    const lines = [
      `${main ? placeOf(main.callFrame.url) : 'a process'}: ${(busy / 1000).toFixed(1)} s busy (${join(folder, file)})`,
      ...['by package, self time', ...packages.map(share)],
      ...['by function, self time', ...functions.map(share)],
    ];
    process.stdout.write(`\n${lines.join('\n')}\n`);
  }
}

if (import.meta.main) await printProfiles(process.argv[2] ?? '.');
