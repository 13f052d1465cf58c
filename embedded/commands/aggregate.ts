import { Binary } from 'bson';
import type { Engine } from '../engine.ts';
import { CommandError } from '../errors.ts';
import { evaluateLet } from '../expressions.ts';
import { countedField, splitPipeline, stagesOf } from '../pipeline.ts';
import { collect, PAUSE, type Paused } from '../reading.ts';
import { runStages, type Stage } from '../stages.ts';
import { type Doc, decode, encode, isDocument, plain } from '../values.ts';
import { explainPipeline } from './explain.ts';
import { booleanField, checkCollation, countField, documentField, documentsField } from './fields.ts';
import { writeResults } from './output.ts';
import { FIRST_BATCH, hintOf } from './reads.ts';
import type { Command, Request } from './registry.ts';

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
    const stages = stagesOf(
      documentsField(command, 'pipeline'),
      Object.keys(documentField(command, 'let') ?? {}),
    );
    const namespace = namespaceOfPipeline(request, stages);
    if (booleanField(command, 'explain')) return explainPipeline(engine, namespace, command, stages);
    const cursor = documentField(command, 'cursor');
    if (!cursor)
      throw new CommandError(
        'FailedToParse',
        "The 'cursor' option is required, except for aggregate with the explain argument",
      );
    const output = stages.findIndex(({ name }) => name === '$out' || name === '$merge');
    if (output >= 0 && output < stages.length - 1)
      throw new CommandError(40601, `${stages[output]?.name} can only be the final stage in the pipeline`);
    const documents = resultsOf(engine, namespace, command, output < 0 ? stages : stages.slice(0, -1));
    const batchSize = countField(cursor, 'batchSize') ?? FIRST_BATCH;
    if (output < 0) return { cursor: await engine.cursors.start(namespace, documents, { batchSize, check }) };
    const results = (await collect(documents, check)).map(decode);
    await writeResults(engine, database, stages[output] as Parameters<typeof writeResults>[2], results);
    return { cursor: await engine.cursors.start(namespace, nothing(), { batchSize: 1 }) };
  },
};

function* nothing(): Paused<Buffer> {}

/** Stages that make their own documents, and so need no collection. */
const SOURCES = ['$documents', '$listLocalSessions', '$currentOp'];

function namespaceOfPipeline({ command, database }: Request, [first]: Stage[]): string {
  if (typeof command.aggregate === 'string' && command.aggregate !== '')
    return `${database}.${command.aggregate}`;
  if (!SOURCES.includes(first?.name ?? ''))
    throw new CommandError(
      'InvalidNamespace',
      `{aggregate: 1} is not valid for '${first?.name ?? 'an empty pipeline'}'; a collection is required.`,
    );
  return `${database}.$cmd.aggregate`;
}

function resultsOf(engine: Engine, namespace: string, command: Doc, stages: Stage[]): Paused<Buffer> {
  const database = namespace.slice(0, namespace.indexOf('.'));
  const { query, rest } = splitPipeline(stages);
  const variables = evaluateLet(documentField(command, 'let'));
  const asked = { ...query, hint: hintOf(command), variables };
  const [first] = rest;
  if (first?.name === '$listLocalSessions')
    return encoded(runStages(sessionOf(command), rest.slice(1), variables, () => []));
  const counted = countedField(rest);
  if (counted && !query.sort) return encoded(counting(engine, namespace, asked, counted));
  const found = engine.reader.find(namespace, asked);
  if (rest.length === 0) return mapped(found, ({ bytes }) => bytes);
  // $lookup and its like see the other collection as it is when they first need it.
  const resolve = (name: string): Doc[] => {
    const all: Doc[] = [];
    for (const one of engine.reader.find(`${database}.${name}`, { filter: {} }))
      if (one !== PAUSE) all.push(plain(one.document) as Doc);
    return all;
  };
  return encoded(
    runStages(
      mapped(found, ({ document }) => plain(document) as Doc),
      rest,
      variables,
      resolve,
    ),
  );
}

/** Sessions are not kept; the one that asks is the one there is. */
function* sessionOf({ lsid }: Doc): Paused<Doc> {
  if (isDocument(lsid))
    yield { _id: { id: lsid.id, uid: new Binary(Buffer.alloc(32)) }, lastUse: new Date() };
}

function* mapped<T, U>(items: Paused<T>, change: (item: T) => U): Paused<U> {
  for (const item of items) yield item === PAUSE ? PAUSE : change(item);
}

function encoded(documents: Paused<Doc>): Paused<Buffer> {
  return mapped(documents, encode);
}

function* counting(
  engine: Engine,
  namespace: string,
  query: Parameters<Engine['reader']['count']>[1],
  { _id, field }: { _id?: unknown; field: string },
): Paused<Doc> {
  const n = yield* engine.reader.count(namespace, query);
  if (n > 0) yield _id === undefined ? { [field]: n } : { _id, [field]: n };
}

export const aggregateCommands: Record<string, Command> = { aggregate };
