import type { AddressInfo, Socket } from 'node:net';
import PostalMime, { type Email } from 'postal-mime';
import { SMTPServer } from 'smtp-server';
import { eventually } from './world.ts';

/** What the mail server does with a mail; breaking off is closing the connection without a word. */
export type Manner =
  | 'takes'
  | 'refuses for now'
  | 'refuses for good'
  | 'refuses the sender'
  | 'hangs'
  | 'breaks off before'
  | 'takes it and breaks off';

const codes: Partial<Record<Manner, number>> = { 'refuses for now': 450, 'refuses for good': 550 };

export type Mailbox = Awaited<ReturnType<typeof startMailbox>>;
export type Received = Email & { raw: string; recipient: string };

/** A mail server on loopback that keeps what it gets. */
export async function startMailbox() {
  const mails: Received[] = [];
  const mailbox = { mannerTo: (_address: string): Manner => 'takes', attempts: 0 };
  const sockets: Sockets = new Map();
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS', 'AUTH'],
    logger: false,
    onMailFrom(_address, _session, callback) {
      if (mailbox.mannerTo('') !== 'refuses the sender') return callback();
      mailbox.attempts += 1;
      callback(Object.assign(new Error('Sender not allowed'), { responseCode: 550 }));
    },
    onRcptTo({ address }, { remotePort }, callback) {
      mailbox.attempts += 1;
      const manner = mailbox.mannerTo(address);
      if (manner === 'hangs') return;
      if (manner === 'breaks off before') return void sockets.get(remotePort)?.destroy();
      const responseCode = codes[manner];
      if (!responseCode) return callback();
      callback(Object.assign(new Error(`<${address}> mailbox unavailable`), { responseCode }));
    },
    onData(stream, { envelope, remotePort }, callback) {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', async () => {
        const raw = Buffer.concat(chunks);
        const recipient = envelope.rcptTo[0]?.address ?? '';
        mails.push({ ...(await PostalMime.parse(raw)), raw: raw.toString(), recipient });
        if (mailbox.mannerTo(recipient) === 'takes it and breaks off') sockets.get(remotePort)?.destroy();
        else callback();
      });
    },
  });
  const port = await listen(server, sockets);

  return {
    url: `smtp://127.0.0.1:${port}?greetingTimeout=2000&socketTimeout=1000`,
    /** Everything received, oldest first. */
    mails,
    /** How many times anybody tried to hand a mail in. */
    get attempts(): number {
      return mailbox.attempts;
    },
    /** From now on; a manner for each address where it is given as a function. */
    behave(manner: Manner | ((address: string) => Manner)): void {
      mailbox.mannerTo = typeof manner === 'function' ? manner : () => manner;
    },
    to: (address: string): Received[] => mails.filter(({ recipient }) => recipient === address),
    /** The `nth` mail to an address, waited for. */
    async mailTo(address: string, nth = 1, patience?: number): Promise<Received> {
      return eventually(() => this.to(address)[nth - 1], `mail ${nth} to ${address}`, patience);
    },
    close: (): Promise<void> => new Promise((resolve) => server.close(() => resolve())),
  };
}

/** Open connections, by the other side's port. */
export type Sockets = Map<number | undefined, Socket>;

/** Listens on loopback and keeps `sockets`. Returns the port. */
export async function listen(server: SMTPServer, sockets: Sockets): Promise<number> {
  server.on('error', () => undefined);
  server.server.on('connection', (socket: Socket) => {
    const { remotePort } = socket;
    sockets.set(remotePort, socket);
    socket.on('close', () => sockets.delete(remotePort));
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return (server.server.address() as AddressInfo).port;
}

/** The first link of a kind in a mail: `/confirm/...`, `/signatures/...`, `/unsubscribe/...`. */
export function linkIn(mail: Pick<Email, 'text'>, kind: 'confirm' | 'signatures' | 'unsubscribe'): string {
  const found = new RegExp(`https?://\\S+/${kind}/\\S+`).exec(mail.text ?? '');
  if (!found) throw new Error(`The mail has no ${kind} link`);
  return new URL(found[0]).pathname;
}
