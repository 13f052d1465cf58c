import { mock } from 'node:test';
import { Participation } from '../../server/campaigns/participation.ts';
import { CampaignTally } from '../../server/campaigns/tally.ts';
import { Petition } from '../../server/petitions/petition.ts';
import { Signature } from '../../server/signatures/signature.ts';
import { Tally } from '../../server/tallies/tally.ts';

type Write = (...args: unknown[]) => Promise<unknown>;

/**
 * From its `nth` write on the process is dead: nothing is written to tallies, signatures, petitions and the people of
 * campaigns any more. Of many writes in one command those before the `nth` are done. Returns what starts another process.
 */
export function dieAt(nth: number): () => void {
  let writes = 0;
  const isDead = () => {
    writes += 1;
    return writes >= nth;
  };
  const mocks = [Tally, Signature, Petition, CampaignTally, Participation].flatMap((model) =>
    (['updateOne', 'updateMany', 'findOneAndUpdate', 'bulkWrite', 'deleteMany'] as const).map((method) => {
      const writer = model as unknown as Record<typeof method, Write>;
      const real = writer[method].bind(model);
      return mock.method(writer, method, (...args: unknown[]) => {
        const [operations] = args;
        if (!Array.isArray(operations)) return isDead() ? die() : real(...args);
        const done = operations.findIndex(isDead);
        if (done < 0) return real(...args);
        return done === 0 ? die() : real(operations.slice(0, done)).then(die);
      });
    }),
  );
  return () => {
    for (const mocked of mocks) mocked.mock.restore();
  };
}

const die = (): never => {
  throw new Error('the process died');
};

/** Does something in a process that dies at its `nth` write, unless it ends before. True where it died. */
export async function inDyingProcess(nth: number, work: () => Promise<unknown>): Promise<boolean> {
  const revive = dieAt(nth);
  try {
    await work();
    return false;
  } catch (error) {
    if ((error as Error).message !== 'the process died') throw error;
    return true;
  } finally {
    revive();
  }
}
