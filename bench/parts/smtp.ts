import type { AddressInfo } from 'node:net';
import { SMTPServer } from 'smtp-server';
import { serveControl } from './control.ts';

/** A mail server that takes everything and keeps nothing; it counts. */
let mails = 0;
let waiting: { count: number; tell(): void } | undefined;

const server = new SMTPServer({
  authOptional: true,
  disabledCommands: ['STARTTLS', 'AUTH'],
  disableReverseLookup: true,
  logger: false,
  onData(stream, _session, callback) {
    stream.resume();
    stream.on('end', () => {
      mails += 1;
      callback();
      if (waiting && mails >= waiting.count) waiting.tell();
    });
  },
});
server.on('error', () => undefined);
await new Promise<void>((resolve) => {
  server.listen(0, '127.0.0.1', resolve);
});

await serveControl(
  {
    mails: () => mails,
    /** Answers once so many have come in all. */
    until: ({ count }: { count: number }) =>
      new Promise<number>((resolve) => {
        waiting = { count, tell: () => resolve(mails) };
        if (mails >= count) waiting.tell();
      }),
  },
  { port: (server.server.address() as AddressInfo).port },
);
