import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Redis } from 'ioredis';
import { moderationWork } from '../../config/limits.ts';
import { AuditEntry } from '../../server/audit/entry.ts';
import { Signature } from '../../server/signatures/signature.ts';
import { makePetition } from '../support/factories.ts';
import { type Moderators, moderationPath, signInModerators } from '../support/moderation.ts';
import type { SignedInVisitor } from '../support/organizer.ts';
import { makeSigner, makeSigners } from '../support/words.ts';
import { eventually, startWorld, type World } from '../support/world.ts';

let world: World;
let moderators: Moderators;
let redis: Redis;
before(async () => {
  world = await startWorld({ workers: false });
  moderators = await signInModerators(world);
  redis = new Redis(world.env.REDIS_URL);
});
after(async () => {
  redis.disconnect();
  await world.close();
});

describe('two moderators', () => {
  it('do not collide: the second sees who has it, and cannot decide on it', async () => {
    const { ada, ben, approve, claim, queueOf } = moderators;
    const petition = await makePetition();
    const item = await makeSigner(world, petition);
    const hold = await claim(petition, item);
    assert.equal(hold.status, 303);
    assert.match(await queueOf(petition, ben), /Ada Moderator is looking at this\. It is free again in \d/);
    assert.doesNotMatch(await queueOf(petition, ada), /is looking at this/);
    const response = await approve(petition, item, ben);
    assert.equal(response.status, 409);
    assert.match(await response.text(), /Ada Moderator is looking at this/);
    assert.equal((await Signature.findById(item._id).lean())?.review, undefined);
    assert.equal((await approve(petition, item, ada)).status, 303);
  });

  it('get an item when the other lets it go, or moves on to the next', async () => {
    const { ben, approve, claim, release } = moderators;
    const petition = await makePetition();
    const [one, two] = [await makeSigner(world, petition), await makeSigner(world, petition)];
    await claim(petition, one);
    await claim(petition, two);
    assert.equal((await approve(petition, one, ben)).status, 303);
    assert.equal((await approve(petition, two, ben)).status, 409);
    await release(petition, two);
    assert.equal((await approve(petition, two, ben)).status, 303);
  });

  it('let an item go by moving to one that is taken', async () => {
    const { ben, approve, claim } = moderators;
    const petition = await makePetition();
    const [one, two] = await makeSigners(world, petition, 2);
    assert.ok(one && two);
    await claim(petition, one);
    await claim(petition, two, ben);
    await claim(petition, two);
    assert.equal((await approve(petition, one, ben)).status, 303);
  });

  it('who decide at the same moment: one does, the other is told who was faster', async () => {
    const { ada, ben, approve, refuse } = moderators;
    const petition = await makePetition();
    const item = await makeSigner(world, petition);
    const answers = await Promise.all([approve(petition, item, ada), refuse(petition, item, 'all', ben)]);
    assert.deepEqual(answers.map(({ status }) => status).sort(), [303, 409]);
    const loser = answers.find(({ status }) => status === 409);
    assert.match((await loser?.text()) ?? '', /(Ada|Ben) Moderator (is looking at this|has already decided)/);
    assert.equal(await AuditEntry.countDocuments({ petition: petition._id }), 1);
    const late = await approve(petition, item, ben);
    assert.match(await late.text(), /has already decided on this/);
  });

  it('who hold nothing for long: whoever left gives it up, and whoever stays keeps it', async () => {
    const { ada, ben, approve, claim } = moderators;
    const petition = await makePetition();
    const item = await makeSigner(world, petition);
    await claim(petition, item);
    const keys = await redis.keys(`moderation:item:${item.id}`);
    assert.equal(keys.length, 1);
    const [key = ''] = keys;
    const left = await redis.ttl(key);
    assert.ok(left > 0 && left <= moderationWork.lease, `${left} seconds`);
    await redis.expire(key, 5);
    await claim(petition, item);
    assert.ok((await redis.ttl(key)) > 5, 'asking again keeps it');
    assert.equal((await approve(petition, item, ben)).status, 409);
    await redis.pexpire(key, 1);
    await eventually(async () => (await redis.exists(key)) === 0, 'two minutes are over');
    assert.equal((await approve(petition, item, ben)).status, 303);
    assert.match(
      await (await approve(petition, item, ada)).text(),
      /Ben Moderator has already decided on this/,
    );
  });

  it('who lose Redis lose a courtesy, and no decision is made twice', async () => {
    const { ada, ben, approve, refuse } = moderators;
    const petition = await makePetition();
    const item = await makeSigner(world, petition);
    const key = `moderation:item:${item.id}`;
    await approve(petition, item, ada);
    await redis.del(key);
    const late = await refuse(petition, item, 'all', ben);
    assert.equal(late.status, 409);
    assert.equal((await Signature.findById(item._id).lean())?.review?.shows, 'all');
  });

  it('without scripts see what is theirs, and can let it go', async () => {
    const { ben, claim, release, queueOf } = moderators;
    const petition = await makePetition();
    const item = await makeSigner(world, petition);
    await claim(petition, item);
    assert.match(await queueOf(petition), /Yours for the moment: let it go/);
    assert.doesNotMatch(await queueOf(petition, ben), /Yours for the moment/);
    await release(petition, item, ben);
    assert.match(await queueOf(petition, ben), /Ada Moderator is looking/, 'nobody lets go of another’s');
    await release(petition, item);
    assert.match(await queueOf(petition), /Hold it for me/);
  });

  it('are told by JSON what they are told by the page', async () => {
    const { ada, ben } = moderators;
    const petition = await makePetition();
    const item = await makeSigner(world, petition);
    const headers = { accept: 'application/json', 'content-type': 'application/x-www-form-urlencoded' };
    const ask = (who: SignedInVisitor, rest: string, body = '') =>
      who.request(moderationPath(petition, `/${item.id}/${rest}`), { method: 'POST', headers, body });
    assert.deepEqual(await (await ask(ada, 'claim')).json(), { outcome: 'claimed' });
    const taken = await ask(ben, 'claim');
    assert.equal(taken.status, 409);
    const { outcome, message } = (await taken.json()) as Record<string, string>;
    assert.equal(outcome, 'taken');
    assert.match(message ?? '', /^Ada Moderator is looking at this\. It is free again in /);
    assert.deepEqual(await (await ask(ada, 'decision', 'decision=approve')).json(), { outcome: 'approved' });
    const late = await ask(ben, 'decision', 'decision=approve');
    assert.equal(late.status, 409);
    assert.deepEqual(await late.json(), {
      outcome: 'settled',
      message: 'Ada Moderator has already decided on this.',
    });
    assert.equal((await ask(ben, 'decision', 'decision=burn')).status, 422);
    assert.deepEqual(await (await ask(ada, 'undo')).json(), { outcome: 'undone' });
  });
});
