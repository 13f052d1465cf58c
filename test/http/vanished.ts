import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readlinkSync, writeFileSync } from 'node:fs';
import { publishCount } from '../../server/tallies/live.ts';
import { makePetition } from '../support/factories.ts';
import { openPlatform } from '../support/platform.ts';
import { startProcess } from '../support/processes.ts';
import { visitor } from '../support/visitor.ts';
import { eventually, startWorld } from '../support/world.ts';

/**
 * Runs in a network of its own (`unshare --net node vanished.ts`): a viewer in a second network opens a stream, and the
 * cable between the two is cut, so that nothing says that the viewer is gone. The kernel here gives up after three
 * retries instead of fifteen. Prints how long it took until the stream was forgotten, in milliseconds.
 */
const ip = (...args: string[]) => execFileSync('ip', args, { stdio: 'pipe' });

ip('link', 'set', 'lo', 'up');
writeFileSync('/proc/sys/net/ipv4/tcp_retries2', '3');
const away = spawn('unshare', ['--net', 'sleep', '120']);
await once(away, 'spawn');
await eventually(
  () => readlinkSync(`/proc/${away.pid}/ns/net`) !== readlinkSync('/proc/self/ns/net'),
  'the second network',
);
const inside = ['-t', String(away.pid), '--net'];
ip('link', 'add', 'cable', 'type', 'veth', 'peer', 'name', 'end', 'netns', String(away.pid));
ip('addr', 'add', '10.99.0.1/24', 'dev', 'cable');
ip('link', 'set', 'cable', 'up');
execFileSync('nsenter', [...inside, 'ip', 'addr', 'add', '10.99.0.2/24', 'dev', 'end']);
execFileSync('nsenter', [...inside, 'ip', 'link', 'set', 'end', 'up']);

const world = await startWorld({ web: false, workers: false });
// Nobody else is in this network.
const PORT = '4321';
const web = await startProcess(world, 'web', { PORT });
const own = { url: `http://127.0.0.1:${PORT}` };
await eventually(async () => (await visitor(own).get('/readyz')).status === 200, 'it is ready', 30_000);
const petition = await makePetition();
const platform = await openPlatform(world);
const viewers = async () =>
  Number(/^undersigned_live_viewers (\d+)$/m.exec(await (await visitor(own).get('/metrics')).text())?.[1]);

const read = `require('http').get('http://10.99.0.1:${PORT}/petitions/${petition.slug}/events', (r) => r.resume())`;
const viewer = spawn('nsenter', [...inside, process.execPath, '-e', read], { stdio: 'inherit' });
await eventually(async () => (await viewers()) === 1, 'the viewer', 20_000);

ip('link', 'set', 'cable', 'down');
const begun = performance.now();
const moving = setInterval(() => void publishCount(platform.redis, String(petition._id), { count: 1 }), 200);
const seen = await viewers();
await eventually(async () => (await viewers()) === 0, 'it is forgotten', 60_000);
process.stdout.write(`${JSON.stringify({ seen, took: Math.round(performance.now() - begun) })}\n`);

clearInterval(moving);
viewer.kill('SIGKILL');
away.kill('SIGKILL');
await web.stop('SIGKILL');
await platform.close();
await world.close();
process.exit(0);
