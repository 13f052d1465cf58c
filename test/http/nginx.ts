import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, startPart } from '../../scripts/part.ts';
import { read } from '../support/sources.ts';

export const nginx = ['/usr/sbin/nginx', '/usr/bin/nginx', '/usr/local/sbin/nginx'].find((place) =>
  existsSync(place),
);

/** docs/nginx.conf as it is, without TLS, on other ports and in a temporary folder, before two processes. */
export async function startNginx(
  ports: [number, number],
): Promise<{ url: string; port: number; close(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'undersigned-nginx-'));
  const [port, insecurePort] = [await freePort(), await freePort()];
  const site = adapted(read('docs/nginx.conf'), [
    [/127\.0\.0\.1:3001/g, `127.0.0.1:${ports[0]}`],
    [/127\.0\.0\.1:3002/g, `127.0.0.1:${ports[1]}`],
    [/^ *listen \[::\]:.*\n/gm, ''],
    [/listen 80;/g, `listen 127.0.0.1:${insecurePort};`],
    [/listen 443 ssl http2;/g, `listen 127.0.0.1:${port};`],
    [/^ *ssl_.*\n/gm, ''],
    [/\/var\/cache\/nginx\//g, `${folder}/`],
    [/\/var\/log\/nginx\//g, `${folder}/`],
  ]);
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${folder}/${name};`,
  );
  const whole = [
    ...(process.getuid?.() === 0 ? ['user root;'] : []),
    ...['daemon off;', 'worker_processes 2;', `pid ${folder}/pid;`, 'error_log stderr notice;'],
    ...['events { worker_connections 1024; }', 'http {', ...temporary, site, '}'],
  ];
  await writeFile(join(folder, 'nginx.conf'), whole.join('\n'));
  const part = await startPart({
    command: nginx ?? 'nginx',
    args: ['-p', folder, '-c', join(folder, 'nginx.conf'), '-e', 'stderr'],
    ready: (line) => line.includes('start worker process '),
    onLine: () => undefined,
  });
  return {
    ...{ url: `http://127.0.0.1:${port}`, port },
    async close() {
      await part.stop('SIGTERM');
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Each change must find its place: the documented file is what is tested. */
function adapted(text: string, changes: [RegExp, string][]): string {
  return changes.reduce((sofar, [what, instead]) => {
    if (sofar.search(what) < 0) throw new Error(`docs/nginx.conf has no ${what}`);
    return sofar.replaceAll(what, instead);
  }, text);
}
