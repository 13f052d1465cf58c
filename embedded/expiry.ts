import type { Logger } from 'pino';
import type { Collection, Index } from './catalog.ts';
import type { Engine } from './engine.ts';
import { asCommandError } from './errors.ts';
import { toNumber } from './values.ts';
import { remove } from './writing.ts';

const EVERY = 60_000;

/** Removes, once a minute as MongoDB does, the documents whose time in a TTL index has passed. Returns what stops it. */
export function startExpiry(engine: Engine, log: Logger, every = EVERY): () => void {
  const timer = setInterval(() => {
    removeExpired(engine).catch((failure: unknown) =>
      log.error({ error: asCommandError(failure).message }, 'expiry failed'),
    );
  }, every);
  timer.unref();
  return () => clearInterval(timer);
}

export async function removeExpired(engine: Engine): Promise<void> {
  for (const collection of engine.catalog.list()) {
    for (const index of collection.indexes) {
      if (index.spec.expireAfterSeconds !== undefined && !index.building)
        await removeFrom(engine, collection, index);
    }
  }
}

async function removeFrom(engine: Engine, { namespace }: Collection, { spec }: Index): Promise<void> {
  const [path = ''] = Object.keys(spec.key);
  const seconds = toNumber(spec.expireAfterSeconds) as number;
  const filter = {
    [path]: { $lt: new Date(Date.now() - seconds * 1000) },
    ...(spec.partialFilterExpression as object),
  };
  await engine.storage.write(() => remove(engine, namespace, { filter, multi: true, hint: spec.name }));
}
