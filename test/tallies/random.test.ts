import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import fc from 'fast-check';
import { pino } from 'pino';
import type { Petition } from '../../server/petitions/petition.ts';
import { Signature, type SignatureState } from '../../server/signatures/signature.ts';
import { compareTally } from '../../server/tallies/compare.ts';
import { runTallyRound } from '../../server/tallies/round.ts';
import { inDyingProcess } from '../support/dying.ts';
import { makePetition, makeSignature } from '../support/factories.ts';
import { assertExact, assertNothingForgotten, settle } from '../support/tally.ts';
import { startWorld, type World } from '../support/world.ts';

let world: World;
before(async () => {
  world = await startWorld({ web: false, workers: false });
});
after(() => world.close());

const silent = pino({ level: 'silent' });
const signers = 4;

/** What may happen to a petition. A round that dies does so instead of its `at`th write, before another change. */
type Event =
  | { kind: 'change'; signer: number; to: SignatureState }
  | { kind: 'rounds'; together: number }
  | { kind: 'dying round'; at: number; signer: number; to: SignatureState }
  | { kind: 'round beside changes'; signer: number; to: SignatureState }
  | { kind: 'comparison' };

const signer = fc.nat({ max: signers - 1 });
const to = fc.constantFrom<SignatureState>(
  'confirmed',
  'confirmed',
  'withdrawn',
  'invalidated',
  'pending',
  'held',
);
const event = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('change' as const), signer, to }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('rounds' as const), together: fc.integer({ min: 1, max: 3 }) }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('dying round' as const),
      at: fc.integer({ min: 1, max: 7 }),
      signer,
      to,
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('round beside changes' as const), signer, to }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('comparison' as const) }) },
);

const hour = 3_600_000;
/** The time goes on by some hours with each event, past what the sums of the latest hours keep. */
let clock = Date.now();

async function happen(petition: Petition, ids: readonly unknown[], event: Event): Promise<void> {
  clock += 7 * hour;
  const [confirmedAt, now] = [new Date(clock), new Date(clock + hour)];
  const change = (index: number, state: SignatureState) =>
    Signature.updateOne({ _id: ids[index] }, { $set: { state, recount: true, confirmedAt } });
  if (event.kind === 'change') await change(event.signer, event.to);
  if (event.kind === 'rounds')
    await Promise.all(
      Array.from({ length: event.together }, (_, n) => runTallyRound(petition, new Date(clock + n * hour))),
    );
  if (event.kind === 'dying round') {
    await inDyingProcess(event.at, () => runTallyRound(petition, now));
    await change(event.signer, event.to);
  }
  if (event.kind === 'round beside changes')
    await Promise.all([
      runTallyRound(petition, now),
      change(event.signer, event.to),
      runTallyRound(petition, now),
    ]);
  if (event.kind === 'comparison') {
    const { outcome } = await compareTally(petition, silent, now);
    assert.notEqual(outcome, 'corrected', 'there was nothing to correct');
  }
}

describe('whatever happens in whatever order', () => {
  it('the sums are those of a full count, in every breakdown', async () => {
    const schedule = fc.array(event, { minLength: 5, maxLength: 30 });
    await fc.assert(
      fc.asyncProperty(schedule, async (events) => {
        const petition = await makePetition();
        const ids = await Promise.all(
          Array.from({ length: signers }, (_, n) =>
            makeSignature(petition, {
              state: 'pending',
              region: ['ON', 'QC'][n % 2],
              source: ['stall', 'constructor'][n % 2],
            }),
          ),
        );
        for (const each of events) {
          await happen(petition, ids, each);
          await assertNothingForgotten(petition);
        }
        await settle(petition);
        await assertExact(petition);
      }),
      { numRuns: 25 },
    );
  });
});
