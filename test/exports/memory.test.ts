import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Export } from '../../server/exports/export.ts';
import { exportStep } from '../../server/exports/step.ts';
import type { Vault } from '../../server/signers/vault.ts';
import { makePetition } from '../support/factories.ts';
import { makeSignatures, many } from '../support/signatures.ts';
import { openOffice } from '../support/stage.ts';
import { newExport, newTask } from '../support/tasks.ts';

const { world, platform, editor } = await openOffice();

describe('an export of many signatures', () => {
  it('holds no more of 10,000 in memory than of a few', { timeout: 240_000 }, async () => {
    const petition = await makePetition();
    const somebody = { name: 'Somebody Example', comment: 'For the ducks. '.repeat(30), recount: undefined };
    for (let made = 0; made < 10_000; made += 1_000)
      await makeSignatures(world, petition, many(1_000, somebody));
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const held = () => {
      collect();
      const { heapUsed, external, arrayBuffers } = process.memoryUsage();
      return heapUsed + external + arrayBuffers;
    };
    for (const kind of ['csv', 'xlsx'] as const) {
      const columns = ['id', 'name', 'email', 'comment', 'signedAt'];
      const made = await newExport(petition, editor.organizer, { kind, columns });
      const samples: number[] = [];
      let opened = 0;
      const open: Vault['open'] = (sealed, place) => {
        opened += 1;
        if (opened % 5_000 === 0) samples.push(held());
        return platform.vault.open(sealed, place);
      };
      const tools = { ...platform, vault: { ...platform.vault, open } };
      const task = newTask({});
      for (let finished = false; !finished; ) {
        const step = await exportStep(tools, petition, made, task);
        Object.assign(task, { cursor: step.cursor, done: task.done + step.done });
        finished = step.finished;
      }
      assert.equal(task.done, 10_000);
      const { parts } = (await Export.findById(made._id).lean<Export>()) ?? {};
      // As text they are more than 4.5 MB, as documents several times that.
      if (kind === 'csv') assert.ok((parts?.[0]?.bytes ?? 0) > 4_500_000);
      assert.ok(samples.length >= 3, 'looked at often enough');
      const most = Math.round((Math.max(...samples) - (samples[0] ?? 0)) / 1_000_000);
      assert.ok(most < 10, `${kind} held ${most} MB more than at first`);
    }
  });
});
