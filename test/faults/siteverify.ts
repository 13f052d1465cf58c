import { readFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { CaptchaManner } from './schedule.ts';

export type Siteverify = Awaited<ReturnType<typeof startSiteverify>>;

/** Stands in for hCaptcha; the last manner that was begun and has not ended is how it behaves. */
export async function startSiteverify({ cert, key }: { cert: string; key: string }, hostname: string) {
  const manners: CaptchaManner[] = [];
  const pass = (response: ServerResponse, success: boolean) => {
    const codes = success ? {} : { 'error-codes': ['invalid-input-response'] };
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ success, hostname, ...codes }));
  };
  const server = createServer(
    { cert: readFileSync(cert), key: readFileSync(key) },
    async (request, response) => {
      await text(request).catch(() => '');
      const manner = manners.at(-1);
      if (manner === 'breaks') request.socket.destroy();
      else if (manner === 'nonsense') response.writeHead(500).end('<h1>Something is wrong</h1>');
      else if (manner === 'slow') setTimeout(pass, 300, response, true);
      else pass(response, manner !== 'fails');
    },
  );
  server.on('tlsClientError', () => undefined);
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    begin: (manner: CaptchaManner) => void manners.push(manner),
    end: (manner: CaptchaManner) => void manners.splice(manners.indexOf(manner), 1),
    close(): void {
      server.closeAllConnections();
      server.close();
    },
  };
}
