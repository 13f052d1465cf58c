import type { Engine } from '../engine.ts';
import { CommandError } from '../errors.ts';
import { splitPipeline, stagesOf } from '../pipeline.ts';
import { type Plan, planQuery } from '../planner.ts';
import { type Effort, PAUSE, type Query } from '../reading.ts';
import type { Stage } from '../stages.ts';
import { type Doc, isDocument, toNumber } from '../values.ts';
import { documentField, documentsField } from './fields.ts';
import { hintOf, queryOf } from './reads.ts';
import type { Command } from './registry.ts';
import { VERSION } from './server.ts';

const explain: Command = {
  fields: ['verbosity'],
  run(request, engine) {
    const command = documentField(request.command, 'explain') ?? {};
    const [name = ''] = Object.keys(command);
    const { verbosity = 'allPlansExecution' } = request.command;
    if (!['queryPlanner', 'executionStats', 'allPlansExecution'].includes(String(verbosity)))
      throw new CommandError(
        'FailedToParse',
        `verbosity string must be one of {'queryPlanner', 'executionStats', 'allPlansExecution'}`,
      );
    const namespace = `${request.database}.${String(command[name])}`;
    if (name === 'aggregate') {
      return explainPipeline(engine, namespace, command, stagesOf(documentsField(command, 'pipeline')));
    }
    const counting = name === 'count';
    return explainQuery(
      engine,
      namespace,
      queryOfCommand(name, command),
      verbosity !== 'queryPlanner',
      counting,
    );
  },
};

function queryOfCommand(name: string, command: Doc): Query {
  if (name === 'find') return queryOf(command);
  if (name === 'count')
    return queryOf({ ...command, limit: Math.abs(toNumber(command.limit) ?? 0) }, 'query');
  if (name === 'distinct' || name === 'findAndModify')
    return { ...queryOf({ ...command, fields: undefined }, 'query'), limit: name === 'distinct' ? 0 : 1 };
  const [statement] = (
    Array.isArray(command.updates) ? command.updates : Array.isArray(command.deletes) ? command.deletes : []
  ) as Doc[];
  if ((name === 'update' || name === 'delete') && isDocument(statement))
    return queryOf({ filter: statement.q, hint: statement.hint, sort: statement.sort });
  throw new CommandError('CommandNotFound', `Explain failed due to unknown command: ${name}`);
}

/** How a query is carried out, and with `run` what that took. */
function explainQuery(engine: Engine, namespace: string, query: Query, run = true, counting = false): Doc {
  const collection = engine.catalog.find(namespace);
  const plan = collection && planQuery(collection, query.filter, query.sort, query.hint);
  const reply: Doc = {
    explainVersion: '1',
    queryPlanner: {
      namespace,
      parsedQuery: query.filter,
      winningPlan: plan ? describe(plan, query, counting) : { stage: 'EOF' },
      rejectedPlans: [],
    },
    serverInfo: { version: VERSION },
  };
  if (run) reply.executionStats = measure(engine, namespace, query, plan, counting);
  return reply;
}

export function explainPipeline(engine: Engine, namespace: string, command: Doc, stages: Stage[]): Doc {
  const { query, rest } = splitPipeline(stages);
  const explained = explainQuery(engine, namespace, { ...query, hint: hintOf(command) });
  if (rest.length === 0) return explained;
  return { stages: [{ $cursor: explained }, ...rest.map(({ name, spec }) => ({ [name]: spec }))] };
}

function describe(plan: Plan, query: Query, counting: boolean): Doc {
  const { index, reverse, ranges } = plan;
  const direction = reverse ? 'backward' : 'forward';
  const scan = index && {
    stage: counting && plan.exact ? 'COUNT_SCAN' : 'IXSCAN',
    keyPattern: index.spec.key,
    indexName: index.spec.name,
    isMultiKey: index.multikey,
    isUnique: index.spec.unique === true,
    isSparse: index.spec.sparse === true,
    isPartial: index.spec.partialFilterExpression !== undefined,
    direction,
    ranges: ranges.length,
  };
  if (counting && plan.exact)
    return { stage: 'COUNT', inputStage: scan ?? { stage: 'RECORD_STORE_FAST_COUNT' } };
  const read: Doc = scan
    ? { stage: 'FETCH', filter: query.filter, inputStage: scan }
    : { stage: 'COLLSCAN', filter: query.filter, direction };
  const sorts = query.sort && Object.keys(query.sort).length > 0 && !plan.sorted;
  const ordered: Doc = sorts ? { stage: 'SORT', sortPattern: query.sort, inputStage: read } : read;
  const limited: Doc = query.limit
    ? { stage: 'LIMIT', limitAmount: query.limit, inputStage: ordered }
    : ordered;
  return counting ? { stage: 'COUNT', inputStage: limited } : limited;
}

function measure(
  engine: Engine,
  namespace: string,
  query: Query,
  plan: Plan | undefined,
  counting: boolean,
): Doc {
  const effort: Effort = { keys: 0, documents: 0 };
  const started = performance.now();
  let nReturned = 0;
  if (counting && plan?.exact) {
    const counted = engine.reader.count(namespace, query).next().value;
    effort.keys = plan.index && typeof counted === 'number' ? counted : 0;
    nReturned = 0;
  } else for (const one of engine.reader.find(namespace, query, effort)) if (one !== PAUSE) nReturned += 1;
  return {
    executionSuccess: true,
    nReturned,
    executionTimeMillis: Math.round(performance.now() - started),
    totalKeysExamined: effort.keys,
    totalDocsExamined: effort.documents,
  };
}

export const explainCommands: Record<string, Command> = { explain };
