import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { serveControl } from './control.ts';

/** Stands in for hCaptcha's siteverify: everybody passes, after as long as the real one takes. */
const delay = 50;
const { BENCH_CERT = '', BENCH_KEY = '', BENCH_HOSTNAME: hostname } = process.env;

let asked = 0;
const server = createServer(
  { cert: readFileSync(BENCH_CERT), key: readFileSync(BENCH_KEY) },
  (request, response) => {
    const answer = (form: string) => {
      const fields = new URLSearchParams(form);
      const success = request.url === '/siteverify' && fields.has('secret') && fields.has('response');
      asked += success ? 1 : 0;
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify({ success, hostname, challenge_ts: new Date().toISOString() }));
    };
    const begun = performance.now();
    text(request).then(
      (form) => setTimeout(answer, delay - (performance.now() - begun), form),
      () => undefined,
    );
  },
);
server.keepAliveTimeout = 60_000;
await new Promise<void>((resolve) => {
  server.listen(0, '127.0.0.1', resolve);
});
await serveControl({ asked: () => asked }, { port: (server.address() as AddressInfo).port });
