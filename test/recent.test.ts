import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MongoNetworkError } from 'mongodb';
import { keepRecent } from '../server/recent.ts';

const soon = () => new Promise((resolve) => setTimeout(resolve, 30));
const away = () => Promise.reject(new MongoNetworkError('away'));

describe('what a process remembers for a moment', () => {
  it('is made once for all who ask, and again when it is too old', async () => {
    const { get } = keepRecent<number>({ age: 20, inFaults: 0, most: 10 });
    let made = 0;
    const make = async () => ++made;
    assert.deepEqual(await Promise.all([get('a', make), get('a', make)]), [1, 1]);
    await soon();
    assert.equal(await get('a', make), 2);
  });

  it('serves on while the database is away, without waiting for it, and is new once it is back', async () => {
    const { get } = keepRecent<string>({ age: 20, inFaults: 60_000, most: 10 });
    await get('a', async () => 'old');
    await soon();
    assert.equal(await get('a', away), 'old');
    await soon();
    const never = () => new Promise<string>(() => undefined);
    assert.equal(await get('a', never), 'old');
    const other = keepRecent<string>({ age: 20, inFaults: 60_000, most: 10 });
    await other.get('a', async () => 'old');
    await soon();
    await other.get('a', away);
    await soon();
    assert.equal(await other.get('a', async () => 'new'), 'old', 'asked for behind the one who asks');
    assert.equal(await other.get('a', away), 'new');
  });

  it('serves no longer than it may, nothing after another fault, and nothing of what was forgotten', async () => {
    const short = keepRecent<string>({ age: 5, inFaults: 5, most: 10 });
    await short.get('a', async () => 'old');
    await soon();
    await assert.rejects(short.get('a', away), /away/);

    const long = keepRecent<string>({ age: 5, inFaults: 60_000, most: 10 });
    await long.get('a', async () => 'old');
    await soon();
    await assert.rejects(
      long.get('a', () => Promise.reject(new Error('a mistake'))),
      /a mistake/,
    );
    await long.get('b', async () => 'old');
    long.clear();
    await assert.rejects(long.get('b', away), /away/);
  });
});
