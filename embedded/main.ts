import { flushCompileCache } from 'node:module';
import { parseArgs } from 'node:util';
import pino from 'pino';
import { startEmbedded } from './database.ts';

const { values } = parseArgs({
  options: { port: { type: 'string', default: '27117' }, data: { type: 'string', default: './data/db' } },
});

const log = pino(pino.destination(2));
try {
  const database = await startEmbedded({ dataDir: values.data, port: Number(values.port), log });
  process.stdout.write(
    `${JSON.stringify({ listening: database.port, url: database.url, pid: process.pid })}\n`,
  );
  // Where NODE_COMPILE_CACHE is set: a process that is killed would leave nothing in it.
  flushCompileCache();
  const stop = async () => {
    await database.close();
    process.exit(0);
  };
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
} catch (failure) {
  process.stderr.write(`${failure instanceof Error ? failure.message : failure}\n`);
  process.exitCode = 1;
}
