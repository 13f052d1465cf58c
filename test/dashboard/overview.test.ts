import assert from 'node:assert/strict';
import { after, before, describe, it, type TestContext } from 'node:test';
import { Types } from 'mongoose';
import { dashboardWork } from '../../config/limits.ts';
import { countPeopleStep } from '../../server/dashboard/overview/people.ts';
import type { Petition } from '../../server/petitions/petition.ts';
import { Signature } from '../../server/signatures/signature.ts';
import { Task } from '../../server/tasks/task.ts';
import { makePetition, makeSignature } from '../support/factories.ts';
import { type SignedInVisitor, signInAs } from '../support/organizer.ts';
import { textOf } from '../support/page.ts';
import { settle } from '../support/tally.ts';
import { eventually, startWorld, type World } from '../support/world.ts';
import { isShown, textAt } from './page.ts';

let world: World;
let viewer: SignedInVisitor;
before(async () => {
  world = await startWorld();
  viewer = await signInAs(world, 'viewer');
});
after(() => world.close());

const idOf = ({ _id }: Petition) => _id.toHexString();
const urlOf = (...petitions: Petition[]) =>
  `/organize/overview?${petitions.map((petition) => `petition=${idOf(petition)}`).join('&')}`;
const pageOf = async (url: string) => (await viewer.get(url)).text();
const peopleIn = (page: string) => {
  const people = textAt(page, 'people');
  return people === '–' ? undefined : people;
};

/** Somebody who signs, with what they are known by. */
const sign = (petition: Petition, person: string, differences: Record<string, unknown> = {}) =>
  makeSignature(petition, { emailKey: `${person}@${world.url}`, ...differences });

/** Lets only so many signatures be read at once, as if there were many more of them. */
function pretendMany(t: TestContext, step: number = dashboardWork.peopleStep): void {
  const limits = dashboardWork as { peopleAtOnce: number; peopleStep: number };
  const { peopleAtOnce, peopleStep } = limits;
  Object.assign(limits, { peopleAtOnce: 0, peopleStep: step });
  t.after(() => Object.assign(limits, { peopleAtOnce, peopleStep }));
}

async function countBySteps(petitions: Petition[]): Promise<{ people: number; steps: number; done: number }> {
  const input = { key: 'a test', petitions: petitions.map(idOf) };
  let cursor: unknown = null;
  for (let steps = 1, done = 0; ; steps += 1) {
    const step = await countPeopleStep({ input, cursor });
    done += step.done;
    if (step.finished) return { people: Number(step.result?.people), steps, done };
    assert.deepEqual(await countPeopleStep({ input, cursor }), step, 'a step that runs twice does the same');
    cursor = step.cursor;
  }
}

describe('all petitions together', () => {
  it('has each with today, its total and its goal, and their sums', async () => {
    const petition = await makePetition({
      goal: { kind: 'fixed', number: 4_000 },
      ledger: [{ at: new Date(), who: 'x', source: 'x', number: 3_000 }],
      timeZone: 'Pacific/Kiritimati',
    });
    await sign(petition, 'ann');
    await sign(petition, 'bob', { confirmedAt: new Date(Date.now() - 5 * 86_400_000) });
    await settle(petition);
    const page = await pageOf(urlOf(petition));
    const row = page.slice(page.indexOf(`id="petition-${idOf(petition)}"`)).split('</tr>')[0] ?? '';
    const cells = [...row.matchAll(/<td[^>]*>([^<]*)<\/td>/g)].map(([, cell]) => cell);
    assert.deepEqual(cells, ['1', '3,002', '4,000', 'Open']);
    assert.match(
      textOf(page),
      /Confirmed signatures 2 .*On paper and by partners 3,000 .*Today 1 .*Total 3,002 /,
    );
  });

  it('shows drafts too, and a name however long', async () => {
    const title = `Keep ${'the very long '.repeat(13)}`.slice(0, 190).trim();
    const draft = await makePetition({
      publishedAt: undefined,
      texts: { en: { title, addressedTo: 'x', summary: 'x', body: 'x' } },
    });
    const page = await pageOf('/organize/overview');
    assert.match(page, new RegExp(`value="${idOf(draft)}"`));
    assert.ok(textOf(page).includes(title));
  });

  it('of one that is not there is of all', async () => {
    const page = await pageOf(`/organize/overview?petition=${new Types.ObjectId()}`);
    assert.match(textOf(page), /Different people in all petitions/);
  });
});

describe('different people', () => {
  it('are counted once, whatever they signed, and only where it counts', async () => {
    const [library, bridge, garden] = [await makePetition(), await makePetition(), await makePetition()];
    for (const person of ['ann', 'bob', 'cy']) await sign(library, person);
    for (const person of ['bob', 'cy', 'dee']) await sign(bridge, person);
    await sign(garden, 'ann');
    await sign(bridge, 'eve', { state: 'pending', confirmedAt: undefined, recount: undefined });
    await sign(garden, 'fay', { state: 'withdrawn' });
    for (const petition of [library, bridge, garden]) await settle(petition);
    assert.equal(peopleIn(await pageOf(urlOf(library, bridge, garden))), '4');
    assert.equal(peopleIn(await pageOf(urlOf(library, garden))), '3');
    assert.equal(peopleIn(await pageOf(urlOf(garden))), '1');
    const page = await pageOf(urlOf(library, bridge));
    assert.match(
      textOf(page),
      /Different people in 2 chosen petitions 4 Behind 6 confirmed signatures\. 2 more than people: some .* all at once/,
    );
    assert.match(page, new RegExp(`value="${idOf(bridge)}"[^>]* checked`));
    assert.doesNotMatch(page, new RegExp(`value="${idOf(garden)}"[^>]* checked`));
  });

  it('of many are counted in the background: exactly, with a date, and for whoever looks later', async (t) => {
    const [one, two] = [await makePetition(), await makePetition()];
    for (let n = 0; n < 12; n += 1) await sign(one, `person-${n}`);
    for (let n = 8; n < 20; n += 1) await sign(two, `person-${n}`);
    for (const petition of [one, two]) await settle(petition);
    pretendMany(t, 5);

    const before = await pageOf(urlOf(one, two));
    assert.equal(peopleIn(before), undefined);
    assert.match(before, /<button[^>]*>Count them<\/button>/);
    const petitions = [idOf(one), idOf(two)].join();
    const asked = await viewer.post('/organize/overview/people', { petitions });
    assert.equal(asked.status, 303);
    assert.deepEqual(
      new URLSearchParams(asked.headers.get('location')?.split('?')[1]).getAll('petition').sort(),
      [idOf(one), idOf(two)].sort(),
    );
    const page = await eventually(async () => {
      const found = await pageOf(urlOf(two, one));
      return peopleIn(found) && found;
    }, 'the count');
    assert.equal(peopleIn(page), '20');
    assert.match(textOf(page), /one after the other, from \w{3}, \d+ \w+ \d{4} at [\d:]+ UTC to /);
    assert.match(page, /<button[^>]*>Count again<\/button>/);
    assert.equal(
      textAt(page, 'peopleNote'),
      'Behind 24 confirmed signatures. 4 more than people: some signed two or more.',
    );

    await sign(one, 'person-3000');
    await settle(one);
    const later = await pageOf(urlOf(one, two));
    assert.equal(
      textAt(later, 'peopleNote'),
      textAt(page, 'peopleNote'),
      'people and signatures are of one moment',
    );
    assert.match(textAt(later, 'peopleHow') ?? '', /By now 25 are confirmed\.$/);
    assert.equal(peopleIn(await pageOf(urlOf(one))), undefined, 'another selection is another count');
  });

  it('are not counted by two workers at the same time for the same petitions', async (t) => {
    const petition = await makePetition();
    await sign(petition, 'ann');
    await settle(petition);
    pretendMany(t);
    const input = { petitions: idOf(petition) };
    await Task.create({
      ...{ kind: 'people', needs: 'petition.view', organizer: viewer.organizer._id, state: 'paused' },
      ...{ createdAt: new Date(), input: { key: '', petitions: [] } },
    });
    await viewer.post('/organize/overview/people', input);
    const [task] = await Task.find({ kind: 'people', 'input.petitions': [idOf(petition)] }).lean<Task[]>();
    await eventually(async () => (await Task.findById(task?._id).lean())?.state === 'done', 'the count');
    await Task.updateOne({ _id: task?._id }, { $set: { state: 'paused' } });
    const waiting = await pageOf(urlOf(petition));
    assert.match(waiting, new RegExp(`href="/organize/tasks/${task?._id.toHexString()}"`));
    assert.match(textAt(waiting, 'peopleNote') ?? '', /^They are being told apart: \d+%\.$/);
    assert.equal(isShown(waiting, 'mayCount'), false);
    await viewer.post('/organize/overview/people', input);
    assert.equal(await Task.countDocuments({ kind: 'people', 'input.petitions': [idOf(petition)] }), 1);
  });

  it('are the same whatever size the steps have, and wherever these cut', async (t) => {
    const petitions = [await makePetition(), await makePetition(), await makePetition()];
    const people = new Set<string>();
    for (let n = 0; n < 60; n += 1) {
      const petition = petitions[n % 3] as Petition;
      const state = n % 7 === 0 ? 'withdrawn' : 'confirmed';
      const person = `somebody-${(n * n) % 29}-${n % 2}`;
      const emailKey = `${person}@${world.url}`;
      if (await Signature.exists({ petition: petition._id, emailKey })) continue;
      await sign(petition, person, { state });
      if (state === 'confirmed') people.add(person);
    }
    const signatures = await Signature.countDocuments({ petition: { $in: petitions.map(({ _id }) => _id) } });
    for (const step of [4, 5, 7, 1_000]) {
      pretendMany(t, step);
      const counted = await countBySteps(petitions);
      assert.equal(counted.people, people.size, `in steps of ${step}`);
      assert.equal(counted.done, signatures);
      assert.ok(step > 100 ? counted.steps === 1 : counted.steps > 5);
    }
  });
});
