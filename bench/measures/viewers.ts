import { execFileSync } from 'node:child_process';
import { type Helper, startHelper } from '../parts/helper.ts';
import { makePetition } from '../petitions.ts';
import type { Measured } from '../rows.ts';
import type { Web, World } from '../world.ts';
import { confirmSteadily, pendingLinks } from './confirming.ts';
import { memoryOf, youngOf } from './memory.ts';
import { signAt } from './signing.ts';
import { watchStored } from './stored.ts';

const MiB = 1024 * 1024;
/** Files a process needs beside one for each stream. */
const otherFiles = 700;
/** How long the last count may take to reach everybody, in milliseconds. */
const patience = 20_000;
/** While people watch: confirmations a second, and connections that sign, about twenty a second on each. */
const rate = 30;
const signing = 5;
/** Connections that keep the process busy before anybody watches. */
const signingBefore = 200;

/** Open pages on one web process that was started for this, so that its memory is theirs, while people sign and confirm. */
export async function measureViewers(world: World): Promise<Measured[]> {
  const { viewers: count } = world.scale;
  checkFiles(count);
  await world.startWorkers();
  const web = await world.startWeb();
  const client = await startHelper('load/viewers.ts');
  try {
    return await measureOn(world, web, client, count);
  } finally {
    await client.stop();
    await web.stop();
  }
}

async function measureOn(world: World, web: Web, client: Helper, count: number): Promise<Measured[]> {
  const petition = await makePetition('bench-viewers');
  const links = await pendingLinks(world, petition, rate * world.scale.watching);
  const path = `/petitions/${petition.slug}`;
  await makeBusy(web, world);
  const before = { all: await memoryOf(web), young: await youngOf(web) };
  const { seconds } = await client.ask<{ seconds: number }>('open', {
    port: web.port,
    path: `${path}/events`,
    count,
  });
  const growth = { all: (await memoryOf(web)) - before.all, young: (await youngOf(web)) - before.young };

  const stored = await watchStored(world, petition);
  const [signed] = await Promise.all([
    signAt(`${web.url}${path}/signatures`, world.scale.watching, signing),
    confirmSteadily(web.url, petition, links, rate),
  ]);
  stored.add(signed);
  await stored.check();
  const last = { count: links.length, patience };
  const { streams, lost } = await client.ask<{ streams: number; lost: number }>('showing', last);
  const opening = `opened in ${seconds.toFixed(1)} s, ${lost} lost`;
  return [
    { id: 'viewers', value: streams, note: `${opening}; meanwhile ${signed.rate.toFixed(0)} signatures/s` },
    {
      id: 'viewer_memory',
      value: growth.all / 1024 / count,
      note: `in it ${(growth.young / MiB).toFixed(0)} MiB by which V8's young generation grew`,
    },
  ];
}

/** What the first requests load, and the size that V8's young generation takes under work, are not the streams'. */
async function makeBusy(web: Web, world: World): Promise<void> {
  const { slug } = await makePetition('bench-viewers-before');
  for (let visits = 0; visits < 300; visits += 1) await (await fetch(`${web.url}/petitions/${slug}`)).text();
  await signAt(`${web.url}/petitions/${slug}/signatures`, world.scale.watching, signingBefore);
}

/** Both ends of a stream are open files, in two processes. */
function checkFiles(count: number): void {
  const limit = execFileSync('sh', ['-c', 'ulimit -Hn'], { encoding: 'utf8' }).trim();
  if (limit !== 'unlimited' && Number(limit) < count + otherFiles) {
    throw new Error(
      `A process may open only ${limit} files here (ulimit -Hn), and ${count} streams need ${count + otherFiles}`,
    );
  }
}
