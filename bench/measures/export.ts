import { setTimeout } from 'node:timers/promises';
import { beginExport } from '../../server/exports/begin.ts';
import type { Organizer } from '../../server/organizers/organizer.ts';
import type { Petition } from '../../server/petitions/petition.ts';
import { Task } from '../../server/tasks/task.ts';
import { makeOrganizer } from '../../test/support/organizer.ts';
import type { Measured } from '../rows.ts';
import type { World } from '../world.ts';
import { highestMemory, memoryOf } from './memory.ts';
import { bothSizes } from './million.ts';

const columns = [
  'id',
  'name',
  'email',
  'postalCode',
  'country',
  'region',
  'comment',
  'state',
  'signedAt',
  'updates',
];

/** A million rows by a worker process that has exported before: its growth is the million's. */
export async function measureExport(world: World): Promise<Measured[]> {
  const { thousand, million } = await bothSizes(world);
  const { _id: organizer } = await makeOrganizer(world, 'owner');
  await world.stopWorkers();
  const workers = await world.startWorkers();
  await exportAll(world, thousand, organizer);
  const before = await memoryOf(workers);
  const exporting = exportAll(world, million, organizer);
  const highest = await highestMemory(workers, exporting);
  const { rows, seconds } = await exporting;
  return [
    { id: 'export_rate', value: rows / seconds, note: `${rows} rows in ${seconds.toFixed(1)} s` },
    {
      id: 'export_memory',
      value: (highest - before) / 2 ** 20,
      note: `from ${Math.round(before / 2 ** 20)} MiB`,
    },
  ];
}

/** Begins an export as an organizer does, and waits until a worker has written every row. */
async function exportAll({ platform, scale }: World, petition: Petition, organizer: Organizer['_id']) {
  const which = { kind: 'csv', filter: {}, columns, why: 'To measure it' } as const;
  const _id = await beginExport(platform, petition, { _id: organizer } as Organizer, { ...which, columns });
  for (const patience = Date.now() + scale.million + 60_000; Date.now() < patience; await setTimeout(100)) {
    const task = await Task.findById(_id).lean<Task>();
    if (task?.state === 'failed' || task?.state === 'cancelled') throw new Error(`The export ${task.state}`);
    if (task?.state !== 'done') continue;
    if (task.done !== task.total) throw new Error(`${task.done} of ${task.total} rows were written`);
    const took = Number(task.finishedAt) - Number(task.startedAt);
    return { rows: task.done, seconds: took / 1000 };
  }
  throw new Error('The export does not end');
}
