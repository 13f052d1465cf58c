import { createTransport } from 'nodemailer';
import type { Env } from '../config/env.ts';
import { keepMail, outboxFolder } from '../server/outbox/outbox.ts';

/** One mail, ready to go. `messageId` is the same each time it is tried. */
export type Mail = {
  to: string;
  subject: string;
  text: string;
  html: string;
  messageId: string;
  /** Where one click stops such mail; mail about somebody's own account has none. */
  unsubscribeUrl?: string;
};

/**
 * How an attempt ended. `refused`: for good; `deferred`: worth another try. `reason` never quotes the server's words.
 * `mayHaveArrived`: the connection broke in the middle, and the server may have taken the mail before it did.
 */
export type Delivery =
  | { outcome: 'sent' }
  | { outcome: 'refused'; reason: string }
  | { outcome: 'deferred'; reason: string; mayHaveArrived: boolean };
export type Mailer = ReturnType<typeof createMailer>;

/** What one attempt may take, in milliseconds; `SMTP_URL` can say otherwise (`?socketTimeout=...`). */
const timeouts = { connectionTimeout: 10_000, greetingTimeout: 10_000, socketTimeout: 30_000 };

type SmtpError = Error & { code?: string; responseCode?: number; command?: string; syscall?: string };

/** Sends through `SMTP_URL`, or keeps the mail in the outbox where there is none. */
export function createMailer(env: Pick<Env, 'SMTP_URL' | 'MAIL_FROM' | 'SENDER_NAME' | 'DATA_DIR'>) {
  const from = env.MAIL_FROM.includes('<')
    ? env.MAIL_FROM
    : { name: env.SENDER_NAME, address: env.MAIL_FROM };
  const smtp = env.SMTP_URL ? createTransport(withTimeouts(env.SMTP_URL), { from }) : undefined;
  const file = createTransport({ streamTransport: true, buffer: true }, { from });

  return {
    async send({ unsubscribeUrl, ...mail }: Mail): Promise<Delivery> {
      const message = { ...mail, headers: unsubscribeUrl ? oneClick(unsubscribeUrl) : {} };
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
        return judge(error as SmtpError);
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

/**
 * A 5xx answer to the recipient or the message is the last word (RFC 5321, 4.2.1). Everything else can pass:
 * 4xx, a dead connection, a time-out, and a login or sender the operator still has to put right.
 */
function judge({ code, responseCode, command, syscall, message }: SmtpError): Delivery {
  const isAboutThisMail = command === 'RCPT TO' || command === 'DATA';
  const isPermanent = isAboutThisMail && responseCode !== undefined && responseCode >= 500;
  const reason = String(responseCode ?? code ?? 'unknown');
  if (isPermanent) return { outcome: 'refused', reason };
  // What the server answered, or what happened before there was anybody to answer, was not a mail taken.
  const neverConnected =
    syscall === 'connect' || /EDNS|EAUTH|ETLS/.test(code ?? '') || connecting.test(message);
  return { outcome: 'deferred', reason, mayHaveArrived: responseCode === undefined && !neverConnected };
}

/** nodemailer's words for a time-out before the session began. */
const connecting = /connection timeout|greeting never received|ECONNREFUSED|ENOTFOUND|getaddrinfo/i;
