import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { describe, it } from 'node:test';
import { AuditEntry } from '../../server/audit/entry.ts';
import { Organizer, organizerView } from '../../server/organizers/organizer.ts';
import { deviceName } from '../../server/sessions/device.ts';
import { beginSession, endSessions, findSession, listSessions } from '../../server/sessions/session.ts';
import { cookieOf, makeOrganizer, signInAs } from '../support/organizer.ts';
import { errorAt, textOf, valueIn } from '../support/page.ts';
import { openStage } from '../support/stage.ts';
import { visitor } from '../support/visitor.ts';

const { world, platform } = await openStage({ workers: false });

const firefox = 'Mozilla/5.0 (X11; Linux x86_64; rv:150.0) Gecko/20100101 Firefox/150.0';
const day = 24 * 60 * 60 * 1000;

describe('sessions', () => {
  it('are listed, this one and the others, and another one can be ended from here', async () => {
    const ada = await signInAs(world, 'viewer');
    const elsewhere = visitor(world, { cookie: await cookieOf(world, ada.organizer._id, firefox) });
    assert.equal((await elsewhere.get('/organize/account')).status, 200);
    const html = await (await ada.get('/organize/account')).text();
    assert.match(textOf(html), /Firefox on Linux/);
    const [end] = /\/organize\/account\/sessions\/[\w-]+\/end/.exec(html) ?? [];
    assert.ok(end, 'the other session has a button, this one has none');
    assert.equal(html.match(/sessions\/[\w-]+\/end/g)?.length, 1);

    assert.equal((await ada.post(end)).headers.get('location'), '/organize/account?done=sessionEnded');
    const ended = await elsewhere.get('/organize/account?done=saved');
    assert.equal(
      ended.headers.get('location'),
      `/organize/sign-in?next=${encodeURIComponent('/organize/account?done=saved')}`,
    );
    assert.equal((await ada.get('/organize/account')).status, 200);
  });

  it('ended elsewhere lead to the sign-in page, which says so and knows the way back', async () => {
    const ada = await signInAs(world, 'viewer');
    await endSessions(platform.redis, ada.organizer._id);
    const fromForm = await ada.request('/organize/account', {
      method: 'POST',
      headers: { referer: `${world.env.BASE_URL}/organize/account?done=saved` },
    });
    const next = encodeURIComponent('/organize/account?done=saved');
    assert.equal(fromForm.headers.get('location'), `/organize/sign-in?next=${next}`);
    const page = await (await ada.get(`/organize/sign-in?next=${next}`)).text();
    assert.match(textOf(page), /Your session has ended/);
    assert.match(page, /name="next" value="\/organize\/account\?done&#x3D;saved"/);
    const script = await ada.request('/organize/tasks/0123456789abcdef01234567/progress.json', {
      headers: { accept: 'application/json' },
    });
    assert.equal(script.status, 401);
  });

  it('can all be ended but this one', async () => {
    const ada = await signInAs(world, 'viewer');
    const others = await Promise.all([1, 2, 3].map(() => cookieOf(world, ada.organizer._id)));
    await ada.post('/organize/account/other-sessions/end');
    for (const cookie of others)
      assert.equal((await visitor(world, { cookie }).get('/organize')).status, 303);
    assert.equal((await ada.get('/organize')).status, 200);
    const actions = await AuditEntry.find({ organizer: ada.organizer._id }).lean();
    assert.deepEqual(
      actions.map(({ action }) => action),
      ['session.endOthers'],
    );
  });

  it('of somebody else cannot be ended', async () => {
    const ada = await signInAs(world, 'owner');
    const bob = await signInAs(world, 'viewer');
    const [session] = await listSessions(platform.redis, bob.organizer._id);
    await ada.post(`/organize/account/sessions/${session?.id}/end`);
    assert.equal((await bob.get('/organize')).status, 200);
  });

  it('end by themselves: after two weeks without a visit, and after three months in any case', async () => {
    const { _id } = await makeOrganizer(world, 'viewer');
    const { redis } = platform;
    const token = await beginSession(redis, _id, '');
    const [session] = await listSessions(redis, _id);
    const left = await redis.ttl(`session:${session?.id}`);
    assert.ok(left > 13 * 86_400 && left <= 14 * 86_400, `${left}`);
    assert.ok(await findSession(redis, token, Date.now() + 80 * day));
    assert.equal(await findSession(redis, token, Date.now() + 91 * day), undefined);
    await redis.del(`session:${session?.id}`);
    assert.deepEqual(await listSessions(redis, _id), []);
    assert.equal(await redis.scard(`sessions:${_id}`), 0, 'what is over is forgotten');
  });

  it('do not come back when they end while a visit is noted', async () => {
    const { _id } = await makeOrganizer(world, 'viewer');
    const token = await beginSession(platform.redis, _id, '', Date.now() - 10 * 60_000);
    await Promise.all([findSession(platform.redis, token), endSessions(platform.redis, _id)]);
    assert.equal(await findSession(platform.redis, token), undefined);
  });

  it('are nowhere in Redis by their cookie', async () => {
    const { _id } = await makeOrganizer(world, 'viewer');
    const token = await beginSession(platform.redis, _id, '');
    const keys = await platform.redis.keys('session*');
    const strings = await Promise.all(
      keys.filter((key) => key.startsWith('session:')).map((key) => platform.redis.get(key)),
    );
    assert.ok(keys.length > 0);
    for (const text of [...keys, ...strings]) assert.ok(!text?.includes(token));
  });
});

describe('what a browser calls itself', () => {
  it('reads as a person would say it', () => {
    const chrome = 'AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0 Mobile Safari/537.36';
    assert.equal(deviceName(firefox), 'Firefox on Linux');
    assert.equal(deviceName(`Mozilla/5.0 (Linux; Android 16) ${chrome}`), 'Chrome on Android');
    assert.equal(deviceName(`Mozilla/5.0 (Windows NT 10.0) ${chrome} Edg/150.0`), 'Edge on Windows');
    assert.equal(
      deviceName('Mozilla/5.0 (iPhone; CPU iPhone OS 26_0 like Mac OS X) Version/26.0 Safari/604.1'),
      'Safari on iPhone',
    );
    assert.equal(deviceName(''), 'A browser');
  });
});

describe('one’s name and language', () => {
  it('can be changed, and the log does not keep the name', async () => {
    const ada = await signInAs(world, 'viewer', { name: 'Ada' });
    const answer = await ada.post('/organize/account', { name: 'Ada Lovelace', language: 'fr' });
    assert.equal(answer.status, 303);
    const organizer = await Organizer.findById(ada.organizer._id).lean<Organizer>().orFail();
    const { name, language } = organizerView(platform, organizer);
    assert.deepEqual([name, language], ['Ada Lovelace', 'fr']);
    const html = await (await ada.get(answer.headers.get('location') ?? '')).text();
    assert.match(textOf(html), /Saved\./);
    assert.equal(valueIn(html, 'name'), 'Ada Lovelace');
    assert.equal(valueIn(html, 'language'), 'fr');
    const entry = await AuditEntry.findOne({ organizer: ada.organizer._id }).lean();
    assert.doesNotMatch(JSON.stringify(entry), /Lovelace/);
  });

  it('that is none is refused with what was typed', async () => {
    const ada = await signInAs(world, 'viewer');
    const answer = await ada.post('/organize/account', { name: 'buy at www.example.com', language: 'en' });
    assert.equal(answer.status, 422);
    const html = await answer.text();
    assert.ok(errorAt(html, 'name'));
    assert.equal(valueIn(html, 'name'), 'buy at www.example.com');
  });
});

describe('passkeys', () => {
  const passkey = (id: string) => ({
    ...{ _id: id, publicKey: Buffer.from('key'), counter: 0, transports: [] },
    ...{ name: 'Old phone', createdAt: new Date() },
  });

  it('are named and removed by their owner alone', async () => {
    const ada = await signInAs(world, 'viewer');
    const bob = await signInAs(world, 'owner');
    const id = `key-${ada.organizer._id}`;
    await Organizer.updateOne({ _id: ada.organizer._id }, { $push: { passkeys: passkey(id) } });
    const namesOf = async () =>
      (await Organizer.findById(ada.organizer._id).lean())?.passkeys.map(({ name }) => name);

    const refused = await bob.post(`/organize/account/passkeys/${id}/name`, { name: 'Stolen' });
    const page = await bob.get(refused.headers.get('location') ?? '');
    assert.match(textOf(await page.text()), /Nothing was changed: that passkey is not there any more/);
    await bob.post(`/organize/account/passkeys/${id}/removal`);
    assert.deepEqual(await namesOf(), ['Old phone']);
    await ada.post(`/organize/account/passkeys/${id}/name`, { name: 'Work laptop' });
    assert.deepEqual(await namesOf(), ['Work laptop']);
    assert.equal((await ada.post(`/organize/account/passkeys/${id}/name`, { name: '' })).status, 422);
    await ada.post(`/organize/account/passkeys/${id}/removal`);
    assert.deepEqual(await namesOf(), []);
    await ada.post(`/organize/account/passkeys/${id}/removal`);
    const entries = await AuditEntry.find({ organizer: ada.organizer._id }).sort({ _id: 1 }).lean();
    assert.deepEqual(
      entries.map(({ action }) => action),
      ['passkey.rename', 'passkey.remove'],
      'what changed nothing is not in the log',
    );
  });

  it('that are made up let nobody in, and no answer says why', async () => {
    const ada = await makeOrganizer(world, 'owner');
    const id = `key-${ada._id}`;
    await Organizer.updateOne({ _id: ada._id }, { $push: { passkeys: passkey(id) } });
    const browser = visitor(world, { Origin: world.env.BASE_URL, accept: 'application/json' });
    const post = (path: string, body: unknown) =>
      browser.request(path, {
        method: 'POST',
        body: JSON.stringify(body),
        headers: { 'content-type': 'application/json' },
      });
    const answers = [];
    for (const credential of [id, 'unheard-of']) {
      const asked = await post('/organize/sign-in/passkey/options', {});
      const { ceremony } = (await asked.json()) as { ceremony: string };
      const response = { id: credential, rawId: credential, type: 'public-key', response: {} };
      const answer = await post('/organize/sign-in/passkey', { ceremony, response });
      const { requestId, ...problem } = (await answer.json()) as { requestId: string };
      answers.push([answer.status, answer.headers.get('set-cookie'), problem]);
    }
    assert.equal(answers[0]?.[0], 403);
    assert.deepEqual(answers[0], answers[1]);
    const response = { id, rawId: id, type: 'public-key', response: {} };
    const late = await post('/organize/sign-in/passkey', { ceremony: randomUUID(), response });
    assert.equal(
      late.status,
      410,
      'a question that is too old, or was answered, is told from a wrong answer',
    );
    for (const body of [{}, { ceremony: 'x', response: { id } }, [], 'text', { ceremony: {}, response: 1 }])
      assert.equal((await post('/organize/sign-in/passkey', body)).status, 400);
  });
});
