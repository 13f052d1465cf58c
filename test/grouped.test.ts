import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { Types } from 'mongoose';
import { findTogether, insertTogether, updateTogether } from '../server/grouped.ts';
import { Mailing } from '../server/mailings/mailing.ts';
import { isMongoAway } from '../server/stores.ts';
import { startWorld, type World } from './support/world.ts';

let world: World;
before(async () => {
  world = await startWorld({ web: false, workers: false });
});
after(() => world.close());

const insert = insertTogether(Mailing);
const update = updateTogether(Mailing);
const find = findTogether<Mailing & { _id: string }>(Mailing);
const mailing = (_id: string) => ({ _id, petition: new Types.ObjectId(), state: 'claimed', at: new Date() });
const fateOf = ({ status, ...rest }: PromiseSettledResult<unknown>) =>
  status === 'fulfilled' ? 'done' : ((rest as PromiseRejectedResult).reason?.code ?? 'failed');

describe('writes of one moment', () => {
  it('fail each for itself: one whose like is there, or comes twice, keeps none of the others', async () => {
    const ids = ['a', 'b', 'a', 'c'];
    const fates = await Promise.allSettled(ids.map((id) => insert(mailing(id))));
    assert.deepEqual(fates.map(fateOf), ['done', 'done', 11000, 'done']);
    const again = await Promise.allSettled(['d', 'b', 'e'].map((id) => insert(mailing(id))));
    assert.deepEqual(again.map(fateOf), ['done', 11000, 'done']);
    assert.equal(await Mailing.countDocuments(), 5);
  });

  it('change what each names, and nothing where there is none', async () => {
    await insert(mailing('f'));
    const send = (_id: string) => update({ filter: { _id }, update: { $set: { state: 'sent' } } });
    // Of two, one of which is not there, nobody can say which it was.
    assert.deepEqual(await Promise.all(['f', 'nobody'].map(send)), [false, false]);
    assert.equal((await Mailing.findById('f').lean())?.state, 'sent');
    assert.equal(await Mailing.findById('nobody'), null);
    assert.equal(await send('nobody'), false);
    assert.deepEqual(await Promise.all(['f', 'a'].map(send)), [true, true]);
  });

  it('are read together, each its own, also when asked for twice', async () => {
    await insert(mailing('g'));
    const found = await Promise.all(['g', 'nobody', 'f', 'g'].map((id) => find(id)));
    assert.deepEqual(
      found.map((document) => document?._id),
      ['g', undefined, 'f', 'g'],
    );
  });

  it('tell everybody that the database is away, by the error that says so', async () => {
    await world.database.stop('SIGKILL');
    const fates = await Promise.allSettled([insert(mailing('h')), insert(mailing('i'))]);
    for (const fate of fates) assert.ok(fate.status === 'rejected' && isMongoAway(fate.reason), fateOf(fate));
    const [one] = await Promise.allSettled([update({ filter: { _id: 'f' }, update: { $set: {} } })]);
    assert.ok(one.status === 'rejected' && isMongoAway(one.reason));
  });

  it('take a connection that the other side has just ended for one to a database that is away', async () => {
    const server = createServer((socket) => socket.end()).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1').on('error', () => undefined);
    socket.resume();
    await once(socket, 'end');
    // The driver hands on what Node says here.
    const error = await new Promise((resolve) => socket.write('a command', resolve));
    assert.ok(error instanceof Error && isMongoAway(error), String(error));
    server.close();
  });
});
