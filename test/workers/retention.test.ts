import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { pino } from 'pino';
import { periods } from '../../config/limits.ts';
import { Mailing } from '../../server/mailings/mailing.ts';
import { Petition } from '../../server/petitions/petition.ts';
import { Signature } from '../../server/signatures/signature.ts';
import { applyRetention } from '../../workers/retention.ts';
import { makeForm, makePetition } from '../support/factories.ts';
import { signAndConfirm, signAndOpenMail } from '../support/signer.ts';
import { visitor } from '../support/visitor.ts';
import { eventually, startWorld, type World } from '../support/world.ts';

let world: World;
before(async () => {
  world = await startWorld();
});
after(() => world.close());

const silent = pino({ level: 'silent' });
const later = (seconds: number) => new Date(Date.now() + seconds * 1000);
const stored = (petition: Petition) => Signature.findOne({ petition: petition._id }).lean();
const minute = 60;

describe('what is kept, and for how long', () => {
  it('a signature that was not confirmed: 30 days', async () => {
    const petition = await makePetition();
    const { confirm } = await signAndOpenMail(world, petition.slug, makeForm());
    await applyRetention(silent, later(periods.pendingKept - minute));
    assert.equal((await stored(petition))?.state, 'pending');
    await applyRetention(silent, later(periods.pendingKept + minute));
    assert.equal(await stored(petition), null);
    assert.equal((await visitor(world).get(confirm)).status, 410);
  });

  it('a network address: 30 days; the signature stays', async () => {
    const petition = await makePetition();
    await signAndConfirm(world, petition.slug, makeForm({ name: 'Robin Kept', showName: 'on' }));
    assert.ok((await stored(petition))?.sealed?.ip);
    await applyRetention(silent, later(periods.ipKept - minute));
    assert.ok((await stored(petition))?.sealed?.ip);
    await applyRetention(silent, later(periods.ipKept + minute));
    const signature = await stored(petition);
    assert.equal(signature?.sealed?.ip, undefined);
    assert.equal(signature?.ipAt, undefined);
    assert.ok(signature?.sealed?.name);
    assert.equal(signature?.state, 'confirmed');
  });

  it('the people of a closed petition: a year; the count stays', async () => {
    const petition = await makePetition();
    const { manage } = await signAndConfirm(
      world,
      petition.slug,
      makeForm({ name: 'Robin Gone', showName: 'on', comment: 'x' }),
    );
    await eventually(async () => (await visitor(world).count(petition.slug)) === 1, 'counted');
    await Petition.updateOne({ _id: petition._id }, { $set: { closesAt: new Date() } });
    await applyRetention(silent, later(periods.personalDataKept - minute));
    assert.ok((await stored(petition))?.sealed?.name);
    await applyRetention(silent, later(periods.personalDataKept + minute));
    const signature = await stored(petition);
    assert.match(signature?.emailKey ?? '', /^erased:/);
    assert.equal(signature?.sealed, undefined);
    assert.deepEqual(signature?.consent, []);
    assert.equal(await visitor(world).count(petition.slug), 1);
    assert.doesNotMatch(await (await visitor(world).get(`/petitions/${petition.slug}`)).text(), /Robin Gone/);
    assert.equal((await visitor(world).get(manage)).status, 404);
  });

  it('the people of a petition that is open stay, however old it is', async () => {
    const petition = await makePetition();
    await signAndConfirm(world, petition.slug, makeForm());
    await applyRetention(silent, later(3 * periods.personalDataKept));
    assert.ok((await stored(petition))?.sealed?.name);
  });

  it('the people of a petition that was withdrawn go as those of a closed one', async () => {
    const petition = await makePetition();
    await signAndConfirm(world, petition.slug, makeForm());
    const withdrawn = { outcome: 'withdrawn', at: new Date() };
    await Petition.updateOne({ _id: petition._id }, { $push: { history: withdrawn } });
    await applyRetention(silent, later(periods.personalDataKept + minute));
    assert.match((await stored(petition))?.emailKey ?? '', /^erased:/);
  });

  it('the record of a mail: twice as long as a signature that waits', async () => {
    const petition = await makePetition();
    await signAndOpenMail(world, petition.slug, makeForm());
    const mailings = () => Mailing.countDocuments({ petition: petition._id });
    await applyRetention(silent, later(2 * periods.pendingKept - minute));
    assert.equal(await mailings(), 1);
    await applyRetention(silent, later(2 * periods.pendingKept + minute));
    assert.equal(await mailings(), 0);
  });

  it('is all the same when it runs twice', async () => {
    const petition = await makePetition({ closesAt: later(3600) });
    await signAndConfirm(world, petition.slug, makeForm());
    await eventually(async () => (await stored(petition))?.counted, 'counted');
    const now = later(2 * periods.personalDataKept);
    await applyRetention(silent, now);
    const once = await stored(petition);
    const lines: string[] = [];
    await applyRetention(pino({ level: 'info' }, { write: (line: string) => void lines.push(line) }), now);
    assert.deepEqual(await stored(petition), once);
    assert.deepEqual(lines, [], 'there was nothing left to do');
  });
});
