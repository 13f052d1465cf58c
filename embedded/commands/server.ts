import { Long, ObjectId } from 'bson';
import { LARGEST_DOCUMENT } from '../documents.ts';
import { LARGEST_MESSAGE } from '../wire.ts';
import type { Command } from './registry.ts';

/** The release whose behaviour this database follows. */
export const VERSION = '8.0.12';
const WIRE_VERSION = 25;
const PROCESS_ID = new ObjectId();

const hello: Command = {
  fields: ['*'],
  run: ({ connection, name }) => ({
    ...(name === 'hello' ? { isWritablePrimary: true } : { ismaster: true }),
    helloOk: true,
    topologyVersion: { processId: PROCESS_ID, counter: Long.ZERO },
    maxBsonObjectSize: LARGEST_DOCUMENT,
    maxMessageSizeBytes: LARGEST_MESSAGE,
    maxWriteBatchSize: 100_000,
    localTime: new Date(),
    logicalSessionTimeoutMinutes: 30,
    connectionId: connection,
    minWireVersion: 0,
    maxWireVersion: WIRE_VERSION,
    readOnly: false,
  }),
};

const accepts = (reply: () => Record<string, unknown> = () => ({})): Command => ({
  fields: ['*'],
  run: reply,
});

export const serverCommands: Record<string, Command> = {
  hello,
  isMaster: hello,
  ismaster: hello,
  ping: accepts(),
  buildInfo: accepts(buildInfo),
  buildinfo: accepts(buildInfo),
  connectionStatus: accepts(() => ({ authInfo: { authenticatedUsers: [], authenticatedUserRoles: [] } })),
  endSessions: accepts(),
  startSession: accepts(),
  refreshSessions: accepts(),
  killSessions: accepts(),
  killAllSessions: accepts(),
  killAllSessionsByPattern: accepts(),
};

function buildInfo(): Record<string, unknown> {
  return {
    version: VERSION,
    gitVersion: 'embedded',
    modules: [],
    storageEngines: ['lmdb'],
    versionArray: [...VERSION.split('.').map(Number), 0],
    bits: 64,
    debug: false,
    maxBsonObjectSize: LARGEST_DOCUMENT,
  };
}
