import type { Engine } from '../engine.ts';
import { CommandError } from '../errors.ts';
import { runStages, splitPipeline, stagesOf } from '../pipeline.ts';
import { collect, PAUSE, type Paused } from '../reading.ts';
import { type Doc, decode, encode, plain } from '../values.ts';
import { booleanField, checkCollation, countField, documentField, documentsField } from './fields.ts';
import { FIRST_BATCH, hintOf } from './reads.ts';
import type { Command } from './registry.ts';

const aggregate: Command = {
  fields: [
    'pipeline',
    'cursor',
    'explain',
    'allowDiskUse',
    'bypassDocumentValidation',
    'collation',
    'hint',
    'let',
    'isMapReduceCommand',
  ],
  async run(request, engine) {
    const { command, database, check } = request;
    checkCollation(command);
    const cursor = documentField(command, 'cursor');
    if (!cursor)
      throw new CommandError(
        'FailedToParse',
        "The 'cursor' option is required, except for aggregate with the explain argument",
      );
    const name = typeof command.aggregate === 'string' ? command.aggregate : '$cmd.aggregate';
    const namespace = `${database}.${name}`;
    const documents = aggregateDocuments(engine, namespace, command);
    return {
      cursor: await engine.cursors.start(namespace, documents, {
        batchSize: countField(cursor, 'batchSize') ?? FIRST_BATCH,
        check,
      }),
    };
  },
};

function aggregateDocuments(engine: Engine, namespace: string, command: Doc): Paused<Buffer> {
  const database = namespace.slice(0, namespace.indexOf('.'));
  const stages = stagesOf(documentsField(command, 'pipeline'));
  const { query, rest } = splitPipeline(stages);
  const variables = documentField(command, 'let') ?? {};
  const found = engine.reader.find(namespace, { ...query, hint: hintOf(command), variables });
  if (rest.length === 0)
    return (function* () {
      for (const one of found) yield one === PAUSE ? PAUSE : one.bytes;
    })();
  const documents = (function* (): Paused<Doc> {
    for (const one of found) yield one === PAUSE ? PAUSE : (plain(one.document) as Doc);
  })();
  const resolve = (name: string): Doc[] =>
    [...engine.reader.find(`${database}.${name}`, { filter: {} })]
      .filter((one) => one !== PAUSE)
      .map((one) => plain(one.document) as Doc);
  const results = runStages(documents, rest, variables, resolve);
  return (function* () {
    for (const one of results) yield one === PAUSE ? PAUSE : encode(one);
  })();
}

export const aggregateCommands: Record<string, Command> = { aggregate };
void collect;
void decode;
void booleanField;
