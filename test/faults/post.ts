import { SMTPServer, type SMTPServerDataStream, type SMTPServerSession } from 'smtp-server';
import { randomOf } from '../../bench/surge.ts';
import { listen, type Sockets } from '../support/mailbox.ts';
import type { MailManner } from './schedule.ts';

/** One time a mail was taken. `isAnswered`: the 250 went out whole; else the sender cannot know. */
export type Taken = {
  messageId: string;
  to: string;
  at: number;
  isAnswered: boolean;
  answeredAt?: number;
  links: Links;
  port?: number;
};
export type Links = Partial<Record<'confirm' | 'signatures' | 'unsubscribe', string>>;
export type Post = Awaited<ReturnType<typeof startPost>>;

/** A 250 written so shortly before the connection was cut may not have been read, in milliseconds. */
const unsure = 200;
/** Mailboxes at this domain are gone: the answer is 550 each time. */
export const goneDomain = 'gone.example';

/** A mail server that keeps a ledger of what it took, and behaves as badly as it is told to. */
export async function startPost() {
  const taken: Taken[] = [];
  const manners: MailManner[] = [];
  const waiting = new Map<string, (mail: Taken | undefined) => void>();
  const sockets: Sockets = new Map();
  const hanging = new Set<number | undefined>();
  let random = randomOf(0);

  const cut = (port: number | undefined) => {
    for (const mail of taken.slice(-50))
      if (mail.port === port && Date.now() - (mail.answeredAt ?? 0) < unsure) mail.isAnswered = false;
    sockets.get(port)?.destroy();
  };
  /** Not every mail is hit, so that good and bad ones mix. */
  const mannerNow = (): MailManner | undefined => (random() < 0.6 ? manners.at(-1) : undefined);

  const take = (
    stream: SMTPServerDataStream,
    { envelope, remotePort: port }: SMTPServerSession,
    answer: (error?: Error) => void,
  ) => {
    const chunks: Buffer[] = [];
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    stream.on('end', () => {
      const manner = mannerNow();
      if (manner === 'later at the end') return answer(reply(451));
      const mail: Taken = {
        ...read(Buffer.concat(chunks)),
        ...{ to: envelope.rcptTo[0]?.address ?? '', at: Date.now(), port, isAnswered: false },
      };
      taken.push(mail);
      waiting.get(mail.to)?.(mail);
      if (manner === 'takes it and is cut off') return cut(port);
      const answerIt = () => {
        // The connection may have been cut while the mail was read, or before a slow answer.
        mail.isAnswered = sockets.get(port)?.destroyed === false;
        mail.answeredAt = Date.now();
        answer();
      };
      if (manner === 'slow') setTimeout(answerIt, 150 + random() * 250);
      else answerIt();
      if (manner === 'answers and is cut off') sockets.get(port)?.end();
    });
  };

  const server = new SMTPServer({
    ...{
      authOptional: true,
      disabledCommands: ['STARTTLS', 'AUTH'],
      disableReverseLookup: true,
      logger: false,
    },
    onConnect: (_session, answer) => answer(manners.includes('cut off') ? reply(421) : undefined),
    onRcptTo({ address }, { remotePort }, answer) {
      const manner = mannerNow();
      if (address.endsWith(`@${goneDomain}`)) return answer(reply(550));
      if (manner === 'hangs') return void hanging.add(remotePort);
      answer(manner === 'later' ? reply(450) : undefined);
    },
    onData: take,
  });
  const port = await listen(server, sockets);

  return {
    port,
    taken,
    begin(manner: MailManner): void {
      manners.push(manner);
      if (manner === 'cut off') for (const port of [...sockets.keys()]) cut(port);
    },
    end(manner: MailManner): void {
      manners.splice(manners.indexOf(manner), 1);
      if (manner === 'hangs') for (const port of hanging) cut(port);
      hanging.clear();
    },
    /** Forgets what it took, and draws its moods from the seed. */
    renew(seed: number): void {
      taken.length = 0;
      random = randomOf(seed);
    },
    /** The first mail to an address; undefined where it did not come before the end. */
    async mailTo(address: string, end: AbortSignal): Promise<Taken | undefined> {
      const there = taken.find(({ to }) => to === address);
      if (there || end.aborted) return there;
      return new Promise((resolve) => {
        waiting.set(address, resolve);
        end.addEventListener('abort', () => resolve(undefined));
      });
    },
    close: (): Promise<void> => {
      for (const socket of sockets.values()) socket.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

const reply = (responseCode: number) => Object.assign(new Error('not now'), { responseCode });

/** Only what is needed of a mail: quick, because this shares its processor with what is tested. */
function read(raw: Buffer): { messageId: string; links: Links } {
  const mail = raw.toString().replaceAll('=\r\n', '').replaceAll('=3D', '=');
  const link = (kind: string) => new RegExp(`https://[^/\\s]+(/${kind}/[\\w-]{43})`).exec(mail)?.[1];
  const links = {
    confirm: link('confirm'),
    signatures: link('signatures'),
    unsubscribe: link('unsubscribe'),
  };
  return { messageId: /^Message-ID:\s*(<[^>]+>)/im.exec(mail)?.[1] ?? '', links: links as Links };
}
