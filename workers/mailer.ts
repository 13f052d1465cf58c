import { Transform } from 'node:stream';
import { createTransport } from 'nodemailer';
import type { Env } from '../config/env.ts';
import { keepMail, outboxFolder } from '../server/outbox/outbox.ts';

/** One mail, ready to go. `messageId` is the same each time it is tried. */
export type Mail = {
  to: string;
  subject: string;
  text: string;
  html?: string;
  /** Under which name it goes out, where that is not ours: always from our own address. */
  fromName?: string;
  /** To whom it is answered, where not to us. */
  replyTo?: { name: string; address: string };
  messageId: string;
  /** Where one click stops such mail; mail about somebody's own account has none. */
  unsubscribeUrl?: string;
};

/**
 * How an attempt ended. `refused`: for good; `deferred`: worth another try. `reason` never quotes the server's words.
 * `mayHaveArrived`: the connection broke while the mail was handed over, and the server may have taken it.
 */
export type Delivery =
  | { outcome: 'sent' }
  | { outcome: 'refused'; reason: string }
  | { outcome: 'deferred'; reason: string; mayHaveArrived: boolean };
export type Mailer = ReturnType<typeof createMailer>;

/** What one attempt may take, in milliseconds; `SMTP_URL` can say otherwise (`?socketTimeout=...`). */
const timeouts = { connectionTimeout: 10_000, greetingTimeout: 10_000, socketTimeout: 30_000 };

type SmtpError = Error & { code?: string; responseCode?: number; command?: string };
type Transport = ReturnType<typeof createTransport>;

/** Sends through `SMTP_URL`, or keeps the mail in the outbox where there is none. */
export function createMailer(env: Pick<Env, 'SMTP_URL' | 'MAIL_FROM' | 'SENDER_NAME' | 'DATA_DIR'>) {
  const address = /<([^>]*)>/.exec(env.MAIL_FROM)?.[1] ?? env.MAIL_FROM;
  const from = env.MAIL_FROM.includes('<')
    ? env.MAIL_FROM
    : { name: env.SENDER_NAME, address: env.MAIL_FROM };
  const smtp = env.SMTP_URL
    ? handOverWhole(createTransport(withTimeouts(env.SMTP_URL), { from }))
    : undefined;
  const file = createTransport({ streamTransport: true, buffer: true }, { from });

  return {
    async send({ unsubscribeUrl, fromName, ...mail }: Mail): Promise<Delivery> {
      const handover: Handover = { hasBegun: () => false };
      const message = {
        ...mail,
        ...(fromName && { from: { name: fromName, address } }),
        headers: unsubscribeUrl ? oneClick(unsubscribeUrl) : {},
        handover,
      };
      try {
        if (smtp) await smtp.sendMail(message);
        else
          await keepMail(
            outboxFolder(env.DATA_DIR),
            mail.messageId,
            (await file.sendMail(message)).message as Buffer,
          );
        return { outcome: 'sent' };
      } catch (error) {
        return judge(error as SmtpError, handover.hasBegun());
      }
    },

    close(): void {
      smtp?.close();
    },
  };
}

/** RFC 8058: one click, no login, no page. */
const oneClick = (url: string) => ({
  'List-Unsubscribe': `<${url}>`,
  'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click',
});

function withTimeouts(smtpUrl: string): string {
  const url = new URL(smtpUrl);
  const usual = { pool: 'true', maxConnections: '5', maxMessages: '200', ...stringified(timeouts) };
  for (const [name, value] of Object.entries(usual)) {
    if (!url.searchParams.has(name)) url.searchParams.set(name, value);
  }
  return url.href;
}

const stringified = (values: Record<string, number>) =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, String(value)]));

/** Whether the mail server was given any of a mail: until then it cannot have taken it. */
type Handover = { hasBegun(): boolean };

/**
 * Mails go to the server in one piece: nodemailer would write a dozen, each a packet of its own. The transport asks for
 * their bytes once the server is ready for them, and says so to nobody but the stream.
 */
function handOverWhole<Smtp extends Pick<Transport, 'use'>>(smtp: Smtp): Smtp {
  smtp.use('stream', ({ data, message }, done) => {
    const { handover } = data as { handover?: Handover };
    message.transform(inOnePiece);
    const createReadStream = message.createReadStream.bind(message);
    message.createReadStream = (options) => {
      const stream = createReadStream(options);
      if (handover) handover.hasBegun = () => stream.readableDidRead;
      return stream;
    };
    done();
  });
  return smtp;
}

function inOnePiece(): Transform {
  const pieces: Buffer[] = [];
  return new Transform({
    transform(piece: Buffer, _encoding, done) {
      pieces.push(piece);
      done();
    },
    flush: (done) => done(null, Buffer.concat(pieces)),
  });
}

/**
 * A 5xx answer to the recipient or the message is the last word (RFC 5321, 4.2.1). Everything else can pass:
 * 4xx, a dead connection, a time-out, and a login or sender the operator still has to put right.
 */
function judge({ code, responseCode, command }: SmtpError, hasBegun: boolean): Delivery {
  const isAboutThisMail = command === 'RCPT TO' || command === 'DATA';
  const isPermanent = isAboutThisMail && responseCode !== undefined && responseCode >= 500;
  const reason = String(responseCode ?? code ?? 'unknown');
  if (isPermanent) return { outcome: 'refused', reason };
  return { outcome: 'deferred', reason, mayHaveArrived: hasBegun && responseCode === undefined };
}
