import type { AddressInfo } from 'node:net';
import express from 'express';
import mongoose, { Types } from 'mongoose';
import { createTransport } from 'nodemailer';
import { serveControl } from './parts/control.ts';

/** The floor of what is measured: the same work with nothing around it, on the same database and mail server. */
const { MONGODB_URL = '', SMTP_URL } = process.env;
const connection = await mongoose.createConnection(MONGODB_URL, { maxPoolSize: 50 }).asPromise();
const documents = connection.collection<{ _id: Types.ObjectId; filling: Buffer }>('bare');
const mailer = createTransport({ url: SMTP_URL, pool: true, maxConnections: 5, maxMessages: 200 });

let filling = Buffer.alloc(0);
let served = { type: 'html', body: '' };

const app = express();
app.post('/insert', async (_request, response) => {
  await documents.insertOne({ _id: new Types.ObjectId(), filling });
  response.redirect(303, '/thanks');
});
app.get('/bytes', (_request, response) => {
  response.type(served.type).send(served.body);
});
const server = app.listen(0);
await new Promise((resolve) => server.once('listening', resolve));

/** Sends so many mails, so many at once; returns how long it took in seconds. */
async function mail({
  count,
  atOnce,
  ...message
}: {
  count: number;
  atOnce: number;
  text: string;
  html: string;
}) {
  const begun = performance.now();
  let sent = 0;
  const sendOn = async () => {
    while (sent < count) {
      sent += 1;
      const to = `bare-${sent}@mail.example`;
      await mailer.sendMail({ from: 'petitions@example.org', to, subject: 'Please confirm', ...message });
    }
  };
  await Promise.all(Array.from({ length: atOnce }, sendOn));
  return (performance.now() - begun) / 1000;
}

await serveControl(
  {
    /** What to insert: a document of so many bytes. */
    fill({ bytes }: { bytes: number }) {
      const around = 46;
      filling = Buffer.alloc(bytes - around, 'x');
    },
    inserted: () => documents.estimatedDocumentCount(),
    serve(what: typeof served) {
      served = what;
    },
    mail,
  },
  { port: (server.address() as AddressInfo).port },
);
