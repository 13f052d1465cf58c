import type { AddressInfo } from 'node:net';
import PostalMime, { type Email } from 'postal-mime';
import { SMTPServer } from 'smtp-server';
import { eventually } from './world.ts';

/** What the mail server does with the next mails. */
export type Manner = 'takes' | 'refuses for now' | 'refuses for good' | 'hangs';

export type Mailbox = Awaited<ReturnType<typeof startMailbox>>;
export type Received = Email & { raw: string; recipient: string };

/** A mail server on loopback that keeps what it gets. */
export async function startMailbox() {
  const mails: Received[] = [];
  const mailbox = { manner: 'takes' as Manner, attempts: 0 };
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS', 'AUTH'],
    logger: false,
    onRcptTo({ address }, _session, callback) {
      mailbox.attempts += 1;
      if (mailbox.manner === 'hangs') return;
      const code = { takes: 0, 'refuses for now': 450, 'refuses for good': 550 }[mailbox.manner];
      if (!code) return callback();
      callback(Object.assign(new Error(`<${address}> mailbox unavailable`), { responseCode: code }));
    },
    onData(stream, session, callback) {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', async () => {
        const raw = Buffer.concat(chunks);
        const recipient = session.envelope.rcptTo[0]?.address ?? '';
        mails.push({ ...(await PostalMime.parse(raw)), raw: raw.toString(), recipient });
        callback();
      });
    },
  });
  server.on('error', () => undefined);
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.server.address() as AddressInfo;

  return {
    url: `smtp://127.0.0.1:${port}?greetingTimeout=2000&socketTimeout=1000`,
    /** Everything received, oldest first. */
    mails,
    /** How many times anybody tried to hand a mail in. */
    get attempts(): number {
      return mailbox.attempts;
    },
    behave(manner: Manner): void {
      mailbox.manner = manner;
    },
    to: (address: string): Received[] => mails.filter(({ recipient }) => recipient === address),
    /** The `nth` mail to an address, waited for. */
    async mailTo(address: string, nth = 1, patience?: number): Promise<Received> {
      return eventually(() => this.to(address)[nth - 1], `mail ${nth} to ${address}`, patience);
    },
    close: (): Promise<void> => new Promise((resolve) => server.close(() => resolve())),
  };
}

/** The first link of a kind in a mail: `/confirm/...`, `/signatures/...`, `/unsubscribe/...`. */
export function linkIn(mail: Pick<Email, 'text'>, kind: 'confirm' | 'signatures' | 'unsubscribe'): string {
  const found = new RegExp(`https?://\\S+/${kind}/\\S+`).exec(mail.text ?? '');
  if (!found) throw new Error(`The mail has no ${kind} link`);
  return new URL(found[0]).pathname;
}
