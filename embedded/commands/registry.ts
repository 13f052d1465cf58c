import type { Engine } from '../engine.ts';
import { asCommandError, CommandError } from '../errors.ts';
import { type Doc, toNumber } from '../values.ts';
import type { Message } from '../wire.ts';
import { aggregateCommands } from './aggregate.ts';
import { bulkCommands } from './bulk.ts';
import { collectionCommands } from './collections.ts';
import { explainCommands } from './explain.ts';
import { indexCommands } from './indexes.ts';
import { readCommands } from './reads.ts';
import { serverCommands } from './server.ts';
import { writeCommands } from './writes.ts';

export type Request = {
  name: string;
  database: string;
  command: Doc;
  sequences: Map<string, Buffer[]>;
  connection: number;
  /** Throws MaxTimeMSExpired once the command's `maxTimeMS` is over. */
  check: () => void;
};

export type Command = {
  /** The fields it takes besides those every command takes; any other is refused. */
  fields: readonly string[];
  run(request: Request, engine: Engine): Promise<Doc> | Doc;
};

const COMMANDS: Record<string, Command> = {
  ...serverCommands,
  ...readCommands,
  ...writeCommands,
  ...bulkCommands,
  ...aggregateCommands,
  ...collectionCommands,
  ...indexCommands,
  ...explainCommands,
};

const EVERYWHERE = new Set([
  '$db',
  '$readPreference',
  '$clusterTime',
  'lsid',
  'readConcern',
  'writeConcern',
  'comment',
  'maxTimeMS',
  'apiVersion',
  'apiStrict',
  'apiDeprecationErrors',
  'rawData',
  'serialization_context',
  'txnNumber',
  'autocommit',
  'startTransaction',
  '$audit',
  '$client',
  '$configServerState',
  'mayBypassWriteBlocking',
]);

/** Carries out a command and gives its reply, `ok: 0` with code and message where it cannot be. */
export async function runCommand(
  engine: Engine,
  { command, sequences }: Message,
  connection: number,
): Promise<Doc> {
  try {
    const [name = ''] = Object.keys(command);
    const database = command.$db;
    if (typeof database !== 'string')
      throw new CommandError('MissingField', `BSON field '${name}.$db' is missing but a required field`);
    const found = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
    if (!found) throw new CommandError('CommandNotFound', `no such command: '${name}'`);
    checkFields(name, found, command);
    const reply = await found.run(
      { name, database, command, sequences, connection, check: deadline(command.maxTimeMS) },
      engine,
    );
    return { ...reply, ok: 1 };
  } catch (failure) {
    return failureReply(asCommandError(failure));
  }
}

function failureReply({ message, code, codeName, details }: CommandError): Doc {
  return { ok: 0, errmsg: message, code, codeName, ...details };
}

function checkFields(name: string, { fields }: Command, command: Doc): void {
  if ('txnNumber' in command || 'startTransaction' in command || 'autocommit' in command) {
    throw new CommandError(
      'IllegalOperation',
      'Transaction numbers are only allowed on a replica set member or mongos',
    );
  }
  if (fields[0] === '*') return;
  for (const field of Object.keys(command)) {
    if (field === name || EVERYWHERE.has(field) || fields.includes(field)) continue;
    throw new CommandError(40415, `BSON field '${name}.${field}' is an unknown field.`);
  }
  checkConcerns(command);
}

function checkConcerns({ writeConcern, readConcern }: Doc): void {
  const { w } = (writeConcern ?? {}) as Doc;
  if ((toNumber(w) ?? 0) > 1 || (typeof w === 'string' && w !== 'majority')) {
    throw new CommandError('BadValue', "cannot use 'w' > 1 when a host is not replicated");
  }
  const { level } = (readConcern ?? {}) as Doc;
  if (level === 'snapshot' || level === 'linearizable') {
    throw new CommandError(
      level === 'snapshot' ? 246 : 123,
      `node needs to be a replica set member to use read concern`,
    );
  }
}

function deadline(maxTimeMS: unknown): () => void {
  const limit = toNumber(maxTimeMS) ?? 0;
  if (limit < 0)
    throw new CommandError('BadValue', `${limit} value for maxTimeMS is out of range [0, 2147483647]`);
  if (limit === 0) return () => {};
  const end = performance.now() + limit;
  return () => {
    if (performance.now() > end) throw new CommandError('MaxTimeMSExpired', 'operation exceeded time limit');
  };
}
