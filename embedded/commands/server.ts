import { Long, UUID } from 'bson';
import { LARGEST_DOCUMENT } from '../documents.ts';
import { CommandError } from '../errors.ts';
import { LARGEST_MESSAGE } from '../wire.ts';
import type { Command } from './registry.ts';

/** The release whose behaviour this database follows. */
export const VERSION = '8.0.12';
const WIRE_VERSION = 25;

const accepts = (run: Command['run'] = () => ({})): Command => ({ fields: ['*'], run });

/** Without a `topologyVersion`, so that drivers ask again instead of expecting a stream of answers (exhaust). */
const hello = accepts(({ connection, name }) => ({
  ...(name === 'hello' ? { isWritablePrimary: true } : { ismaster: true }),
  helloOk: true,
  maxBsonObjectSize: LARGEST_DOCUMENT,
  maxMessageSizeBytes: LARGEST_MESSAGE,
  maxWriteBatchSize: 100_000,
  localTime: new Date(),
  logicalSessionTimeoutMinutes: 30,
  connectionId: connection,
  minWireVersion: 0,
  maxWireVersion: WIRE_VERSION,
  readOnly: false,
}));

const buildInfo = accepts(() => ({
  version: VERSION,
  gitVersion: 'embedded',
  modules: [],
  storageEngines: ['lmdb'],
  versionArray: [...VERSION.split('.').map(Number), 0],
  bits: 64,
  debug: false,
  maxBsonObjectSize: LARGEST_DOCUMENT,
}));

const serverStatus = accepts((_request, engine) => ({
  host: 'localhost',
  version: VERSION,
  process: 'embedded',
  pid: new Long(process.pid),
  uptime: Math.floor((Date.now() - engine.startedAt) / 1000),
  localTime: new Date(),
  mem: { resident: Math.floor(process.memoryUsage().rss / 1024 / 1024), supported: true },
  metrics: { cursor: { open: { total: new Long(engine.cursors.size) } } },
  storageEngine: { name: 'lmdb', persistent: true },
}));

const PARAMETERS: Record<string, unknown> = {
  authenticationMechanisms: [],
  enableTestCommands: false,
  featureCompatibilityVersion: { version: '8.0' },
};

const getParameter = accepts(({ command }) => {
  const asked = Object.entries(PARAMETERS).filter(
    ([name]) => name in command || command.getParameter === '*',
  );
  if (asked.length === 0) throw new CommandError('InvalidOptions', 'no option found to get');
  return Object.fromEntries(asked);
});

export const serverCommands: Record<string, Command> = {
  hello,
  isMaster: hello,
  ismaster: hello,
  ping: accepts(),
  buildInfo,
  buildinfo: buildInfo,
  serverStatus,
  getParameter,
  connectionStatus: accepts(() => ({ authInfo: { authenticatedUsers: [], authenticatedUserRoles: [] } })),
  endSessions: accepts(),
  startSession: accepts(() => ({ id: { id: new UUID() }, timeoutMinutes: 30 })),
  refreshSessions: accepts(),
  killSessions: accepts(),
  killAllSessions: accepts(),
};
