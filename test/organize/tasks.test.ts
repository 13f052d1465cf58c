import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Types } from 'mongoose';
import { AuditEntry } from '../../server/audit/entry.ts';
import { beginTask, type Step, Task } from '../../server/tasks/task.ts';
import { createViews } from '../../server/views.ts';
import { createMailer } from '../../workers/mailer.ts';
import { sweep } from '../../workers/sweep.ts';
import { runTask, TaskFailure, type TaskStep, type TaskTools } from '../../workers/task.ts';
import { makePetition } from '../support/factories.ts';
import { makeOrganizer, signInAs } from '../support/organizer.ts';
import { textOf } from '../support/page.ts';
import { type OpenPlatform, openPlatform } from '../support/platform.ts';
import { eventually, startWorld, type World } from '../support/world.ts';

let world: World;
let platform: OpenPlatform;
let tools: TaskTools;

before(async () => {
  world = await startWorld({ workers: false });
  platform = await openPlatform(world);
  tools = { ...platform, mailer: createMailer(world.env), views: createViews() };
});
after(async () => {
  await platform?.close();
  await world?.close();
});

/** Counts to a number, a step each; `did` is what was done, so that anything done twice is seen. */
function counting(to: number, onStep: (at: number, task: Task) => unknown = () => undefined) {
  const did: number[] = [];
  const step: TaskStep = async (_tools, task): Promise<Step> => {
    const at = Number(task.cursor ?? 0);
    await onStep(at, task);
    did.push(at);
    return { done: 1, cursor: at + 1, finished: at + 1 === to, total: to };
  };
  return { did, kinds: { counting: step } };
}

async function begin(differences: Partial<Task> = {}): Promise<Types.ObjectId> {
  const organizer = differences.organizer ?? new Types.ObjectId();
  return beginTask(platform, { kind: 'counting', needs: 'petition.edit', organizer, ...differences });
}

const read = (id: Types.ObjectId) => Task.findById(id).lean<Task>().orFail();
const upTo = (number: number) => Array.from({ length: number }, (_, index) => index);

describe('long work', () => {
  it('goes step by step to its end', async () => {
    const id = await begin();
    const { did, kinds } = counting(3);
    await runTask(tools, String(id), kinds);
    const task = await read(id);
    assert.deepEqual(did, [0, 1, 2]);
    assert.equal(task.state, 'done');
    assert.equal(task.done, 3);
    assert.equal(task.total, 3);
    assert.ok(task.startedAt && task.finishedAt);
    await runTask(tools, String(id), kinds);
    assert.deepEqual(did, [0, 1, 2], 'what is done is not begun again');
  });

  it('goes on where it was after a crash between two steps, and does nothing twice', async () => {
    const id = await begin();
    const { did, kinds } = counting(4);
    let steps = 0;
    const dying: TaskStep = async (given, task) => {
      steps += 1;
      if (steps > 2) return new Promise<Step>(() => undefined); // the process is gone: it never answers
      return kinds.counting(given, task);
    };
    void runTask(tools, String(id), { counting: dying });
    await eventually(async () => (await read(id)).done === 2, 'two steps');

    await runTask(tools, String(id), kinds);
    assert.deepEqual(did, [0, 1], 'nobody takes over while the lease holds');
    await Task.updateOne({ _id: id }, { $set: { leaseUntil: new Date(Date.now() - 1) } });
    await runTask(tools, String(id), kinds);
    assert.deepEqual(did, [0, 1, 2, 3]);
    assert.equal((await read(id)).done, 4);
  });

  it('is found again by a sweep when its job was lost', async () => {
    const id = await begin();
    const found: string[] = [];
    const queues = {
      ...platform.queues,
      enqueue: (name: string, payload: object) => {
        if (name === 'task') found.push((payload as { taskId: string }).taskId);
      },
    };
    await sweep({ queues: queues as typeof platform.queues, log: platform.log });
    assert.ok(found.includes(String(id)));
    await Task.updateOne({ _id: id }, { $set: { state: 'paused' } });
    found.length = 0;
    await sweep({ queues: queues as typeof platform.queues, log: platform.log });
    assert.ok(!found.includes(String(id)), 'what is paused stays so');
  });

  it('is done once by two workers that get it at the same time', async () => {
    const id = await begin();
    const { did, kinds } = counting(20);
    await Promise.all([1, 2, 3].map(() => runTask(tools, String(id), kinds)));
    assert.deepEqual(did, upTo(20));
    assert.equal((await read(id)).done, 20);
  });

  it('that was taken over writes nothing down any more', async () => {
    const id = await begin();
    const other = counting(2);
    const { kinds } = counting(5, async (at) => {
      if (at > 0) return;
      await Task.updateOne({ _id: id }, { $set: { leaseUntil: new Date(0) } });
      await runTask(tools, String(id), other.kinds);
    });
    await runTask(tools, String(id), kinds);
    const task = await read(id);
    assert.deepEqual([task.state, task.done, task.total], ['done', 2, 2]);
  });

  it('puts itself back when the process is asked to stop', async () => {
    const id = await begin();
    const stop = new AbortController();
    const { did, kinds } = counting(3, (at) => at === 1 && stop.abort());
    await runTask(tools, String(id), kinds, stop.signal);
    assert.deepEqual(did, [0, 1], 'the present step is finished');
    await runTask(tools, String(id), kinds);
    assert.deepEqual(did, [0, 1, 2]);
  });

  it('ends with a sentence for the organizer, and can be resumed', async () => {
    const id = await begin();
    let isBroken = true;
    const { did, kinds } = counting(2, (at) => {
      if (at === 1 && isBroken) throw new TaskFailure('The file is gone. Upload it again.');
    });
    await runTask(tools, String(id), kinds);
    const failed = await read(id);
    assert.equal(failed.state, 'failed');
    assert.equal(failed.failure, 'The file is gone. Upload it again.');
    isBroken = false;
    const ada = await signInAs(world, 'editor');
    const page = await (await ada.get(`/organize/tasks/${id}`)).text();
    assert.match(textOf(page), /The file is gone\. Upload it again\./);
    assert.equal((await ada.post(`/organize/tasks/${id}/resume`)).status, 303);
    await runTask(tools, String(id), kinds);
    assert.deepEqual(did, [0, 1]);
    const done = await read(id);
    assert.deepEqual([done.state, done.failure], ['done', undefined]);
  });

  it('says nothing of our insides when we are at fault', async () => {
    const id = await begin();
    const kinds = {
      counting: () => {
        throw new Error('secret.example:27017 robin@example.org');
      },
    };
    await runTask(tools, String(id), kinds);
    const { state, failure } = await read(id);
    assert.equal(state, 'failed');
    assert.match(failure ?? '', /broke on our side/);
    assert.doesNotMatch(failure ?? '', /example/);
    const other = await begin({ kind: 'unheardOf' });
    await runTask(tools, String(other), kinds);
    assert.equal((await read(other)).state, 'failed');
  });

  it('waits for a store that is away instead of failing', async () => {
    const id = await begin();
    let isAway = true;
    const { did, kinds } = counting(2, () => {
      if (isAway) throw Object.assign(new Error('no server'), { name: 'MongoServerSelectionError' });
    });
    await assert.rejects(runTask(tools, String(id), kinds));
    assert.equal((await read(id)).state, 'running');
    isAway = false;
    await runTask(tools, String(id), kinds);
    assert.deepEqual(did, [0, 1]);
  });
});

describe('steering long work', () => {
  it('pauses after the present step, and goes on from there', async () => {
    const ada = await signInAs(world, 'editor');
    const id = await begin();
    const { did, kinds } = counting(4, async (at) => {
      if (at === 1 && did.length === 1)
        assert.equal((await ada.post(`/organize/tasks/${id}/pause`)).status, 303);
    });
    await runTask(tools, String(id), kinds);
    const paused = await read(id);
    assert.deepEqual([paused.state, paused.done, paused.cursor], ['paused', 2, 2]);
    await runTask(tools, String(id), kinds);
    assert.equal(did.length, 2, 'nothing happens while it is paused');

    await ada.post(`/organize/tasks/${id}/resume`);
    await runTask(tools, String(id), kinds);
    assert.deepEqual(did, [0, 1, 2, 3]);
    const actions = await AuditEntry.find({ subject: String(id) })
      .sort({ _id: 1 })
      .lean();
    assert.deepEqual(
      actions.map(({ action }) => action),
      ['task.pause', 'task.resume'],
    );
  });

  it('goes on at once when it is resumed before the present step ended', async () => {
    const ada = await signInAs(world, 'editor');
    const id = await begin();
    const { did, kinds } = counting(3, async (at) => {
      if (at !== 0) return;
      await ada.post(`/organize/tasks/${id}/pause`);
      await ada.post(`/organize/tasks/${id}/resume`);
      await runTask(tools, String(id), kinds);
    });
    await runTask(tools, String(id), kinds);
    assert.deepEqual(did, [0, 1, 2]);
    assert.equal((await read(id)).state, 'done');
  });

  it('cancels for good, and keeps what was done', async () => {
    const ada = await signInAs(world, 'editor');
    const id = await begin();
    const { did, kinds } = counting(4, (at) => at === 1 && ada.post(`/organize/tasks/${id}/cancel`));
    await runTask(tools, String(id), kinds);
    await ada.post(`/organize/tasks/${id}/resume`);
    await runTask(tools, String(id), kinds);
    const task = await read(id);
    assert.deepEqual([task.state, task.done, did.length], ['cancelled', 2, 2]);
    const page = textOf(await (await ada.get(`/organize/tasks/${id}`)).text());
    assert.match(page, /Cancelled/);
    assert.match(page, /2 of 4/);
  });

  it('that comes after the end changes nothing and is not in the log', async () => {
    const ada = await signInAs(world, 'editor');
    const id = await begin();
    await runTask(tools, String(id), counting(1).kinds);
    for (const wish of ['pause', 'resume', 'cancel'])
      assert.equal((await ada.post(`/organize/tasks/${id}/${wish}`)).status, 303);
    assert.equal((await read(id)).state, 'done');
    assert.equal(await AuditEntry.countDocuments({ subject: String(id) }), 0);
  });

  it('takes what beginning it took, also in the petition’s team', async () => {
    const petition = await makePetition();
    const id = await begin({ petition: petition._id });
    const viewer = await signInAs(world, 'viewer');
    const member = await signInAs(world, 'editor', { petition });
    for (const path of [`/organize/tasks/${id}`, `/organize/tasks/${id}/progress.json`]) {
      assert.equal((await viewer.get(path)).status, 403);
      assert.equal((await member.get(path)).status, 200);
    }
    assert.equal((await viewer.post(`/organize/tasks/${id}/cancel`)).status, 403);
    assert.equal((await read(id)).state, 'waiting');
    assert.equal((await viewer.get(`/organize/tasks/${new Types.ObjectId()}`)).status, 404);
    assert.equal((await viewer.get('/organize/tasks/nonsense')).status, 404);
  });
});

describe('the page of long work', () => {
  it('shows progress as numbers, and reloads by itself where there are no scripts', async () => {
    const ada = await signInAs(world, 'editor');
    const id = await begin({ total: 2000, done: 500, title: 'Export 2,000 signatures' } as Partial<Task>);
    await Task.updateOne({ _id: id }, { $set: { done: 500 } });
    const html = await (await ada.get(`/organize/tasks/${id}`)).text();
    assert.match(textOf(html), /Export 2,000 signatures/);
    assert.match(textOf(html), /500 of 2,000/);
    assert.match(html, /<noscript><meta http-equiv="refresh" content="3"><\/noscript>/);
    const answer = await ada.get(`/organize/tasks/${id}/progress.json`);
    const progress = (await answer.json()) as Record<string, unknown>;
    assert.deepEqual([progress.state, progress.percent, progress.progress], ['waiting', 25, '500 of 2,000']);
  });

  it('says in each state how it stands, and offers what can be done then', async () => {
    const ada = await signInAs(world, 'editor');
    const past = new Date(Date.now() - 60_000);
    const future = new Date(Date.now() + 3_900_000);
    const at = { total: 2_000, done: 500, startedAt: past };
    for (const [differences, said, buttons] of [
      [{}, 'Waiting for its turn', 'Pause Cancel'],
      [{ ...at, state: 'running', leaseUntil: future }, 'At work', 'Pause Cancel'],
      [{ ...at, state: 'running', leaseUntil: past }, 'Waiting for a worker to go on', 'Pause Cancel'],
      [{ ...at, state: 'running', notBefore: future }, 'it waits, and goes on in 1 hour', 'Pause Cancel'],
      [{ ...at, state: 'paused' }, 'stays as it is until somebody goes on', 'Go on Cancel'],
      [{ ...at, state: 'cancelled', finishedAt: past }, 'Cancelled Ended 1 minute ago 500 of 2,000', ''],
      [{ ...at, state: 'failed', failure: 'No disk.' }, 'No disk. 500 of 2,000', 'Try again Cancel'],
      [{ state: 'done', done: 7, finishedAt: past }, 'Done Ended 1 minute ago 7 altogether', ''],
    ] as const) {
      const id = await begin();
      await Task.updateOne({ _id: id }, { $set: differences });
      const html = await (await ada.get(`/organize/tasks/${id}`)).text();
      assert.ok(textOf(html).includes(said), `${said}: ${textOf(html)}`);
      const offered = [...html.matchAll(/\/organize\/tasks\/\w+\/\w+"><button[^>]*>([^<]+)</g)];
      assert.equal(offered.map(([, button]) => button).join(' '), buttons, said);
      const isOver = ['cancelled', 'failed', 'done'].includes((await read(id)).state);
      assert.equal(html.includes('data-task='), !isOver, 'moves by itself until it is over');
    }
  });

  it('offers what came of it, and the way back', async () => {
    const organizer = await makeOrganizer(world, 'editor');
    const ada = await signInAs(world, 'editor');
    const id = await begin({ organizer: organizer._id });
    const result = {
      summary: 'Twelve signatures no longer count.',
      undoUrl: '/organize/petitions/x/undo',
      downloadUrl: '/organize/exports/1',
      skippedRows: 3,
    };
    await runTask(tools, String(id), {
      counting: async () => ({ done: 12, cursor: null, finished: true, result }),
    });
    const html = await (await ada.get(`/organize/tasks/${id}`)).text();
    assert.match(html, /<form method="post" action="\/organize\/petitions\/x\/undo">/);
    assert.match(html, /href="\/organize\/exports\/1"/);
    assert.match(textOf(html), /Twelve signatures no longer count\. Skipped rows 3/);
    assert.doesNotMatch(html, /http-equiv="refresh"/);

    const undo = await begin({ undoes: id });
    const after = await (await ada.get(`/organize/tasks/${id}`)).text();
    assert.doesNotMatch(after, /Undo this/);
    assert.match(after, new RegExp(`href="/organize/tasks/${undo}"`));
  });

  it('says what became of mails to many in words, and passes over what did not happen', async () => {
    const ada = await signInAs(world, 'editor');
    const id = await begin();
    const result = { sent: 1_200, suppressed: 0, refused: 3, deferred: 0, unclear: 0 };
    await Task.updateOne({ _id: id }, { $set: { state: 'paused', total: 2_000, done: 1_203, result } });
    const page = textOf(await (await ada.get(`/organize/tasks/${id}`)).text());
    assert.match(page, /1,203 of 2,000 Taken by the mail server 1,200 Refused for good 3 Go on/);
  });

  it('is found again from the list of petitions by whoever began it', async () => {
    const ada = await signInAs(world, 'editor');
    const id = await begin({ organizer: ada.organizer._id });
    assert.match(await (await ada.get('/organize')).text(), new RegExp(`href="/organize/tasks/${id}"`));
    const bob = await signInAs(world, 'editor');
    assert.doesNotMatch(await (await bob.get('/organize')).text(), new RegExp(`/organize/tasks/${id}`));
  });
});
