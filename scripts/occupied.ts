import { createHash } from 'node:crypto';
import { realpath, unlink } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Makes sure that a data folder has one start at a time. The socket goes with the process, however that ends. */
export async function holdFolder(folder: string): Promise<void> {
  // Not in the folder itself: a socket's path may have only about a hundred characters.
  const name = createHash('sha256')
    .update(await realpath(folder))
    .digest('hex')
    .slice(0, 16);
  const path = join(tmpdir(), `undersigned-${name}.sock`);
  const listen = () =>
    new Promise<void>((done, fail) => {
      createServer((socket) => socket.end(String(process.pid)))
        .once('error', fail)
        .listen(path, done)
        .unref();
    });
  await listen().catch(async (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EADDRINUSE') throw error;
    const holder = await whoHolds(path);
    if (holder) {
      throw new Error(
        `${folder} is in use by another npm start (process ${holder}). Stop it, or choose another DATA_DIR.`,
      );
    }
    await unlink(path);
    await listen();
  });
}

/** The process behind the socket; undefined where it is dead. */
const whoHolds = (path: string): Promise<string | undefined> =>
  new Promise((done) => {
    connect(path)
      .once('data', (pid) => done(pid.toString()))
      .once('error', () => done(undefined))
      .once('close', () => done('unknown'));
  });

/** Throws, by name, where somebody else listens on the port. */
export async function checkPort(port: number): Promise<void> {
  await new Promise<void>((done, fail) => {
    const probe = createServer().once('error', fail);
    probe.listen(port, () => probe.close(() => done()));
  }).catch((error: NodeJS.ErrnoException) => {
    const inUse = error.code === 'EADDRINUSE';
    throw new Error(
      inUse
        ? `Port ${port} is in use by another program. Choose another: PORT=3001 npm start`
        : error.message,
    );
  });
}
