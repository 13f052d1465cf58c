import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { createLog } from '../../config/log.ts';
import { freePort } from '../../scripts/part.ts';
import { makePetition } from '../support/factories.ts';
import { captchaKeys } from '../support/hcaptcha.ts';
import { type OwnProcess, startProcess } from '../support/processes.ts';
import { signAndOpenMail } from '../support/signer.ts';
import { visitor } from '../support/visitor.ts';
import { eventually, startWorld, type World } from '../support/world.ts';

/** The processes as production runs them, so that their logs can be read. */
let world: World;
let parts: OwnProcess[];
before(async () => {
  world = await startWorld({ web: false, workers: false, env: { TRUST_PROXY: '1' } });
  const port = Number(new URL(world.url).port);
  parts = await Promise.all([
    startProcess(world, 'web', { LOG_LEVEL: 'debug' }),
    startProcess(world, 'workers', { LOG_LEVEL: 'debug' }),
    startProcess(world, 'web', { ...captchaKeys, LOG_LEVEL: 'debug', PORT: String(await freePort()) }),
  ]);
  assert.ok(port > 0);
  await eventually(async () => (await visitor(world).get('/readyz')).status === 200, 'it is ready');
});
after(async () => {
  await Promise.all(parts.map((part) => part.stop('SIGKILL')));
  await world.close();
});

const logged = () => parts.flatMap(({ lines }) => lines);

describe('the log', () => {
  it('names no person, whatever they do and whatever goes wrong', async () => {
    const petition = await makePetition();
    const person = {
      ...{ name: 'Zebedee Quillfeather', email: 'zebedee.quillfeather@example.org', country: 'GB' },
      ...{ postalCode: 'ZQ99 7XY', region: 'Quillshire', comment: 'Grandmother Wilhelmina', ref: 'stall' },
    };
    const headers = { 'x-forwarded-for': '203.0.113.77', 'user-agent': 'Zebedee-Browser' };
    const someone = visitor(world, headers);
    const { confirm, manage, unsubscribe } = await signAndOpenMail(world, petition.slug, person, headers);
    for (const path of [confirm, manage, unsubscribe]) await someone.get(path);
    await someone.post(confirm);
    await someone.sign(petition.slug, { ...person, country: 'XX' });
    await someone.post(`/petitions/${petition.slug}/confirmations`, { email: person.email });
    await someone.post('/confirmations', { email: person.email });
    await someone.get(`/nowhere/${person.email}?name=${person.name}`);
    await someone.get(`/confirm/${person.email}`);
    await someone.request(`${confirm}`, { method: 'DELETE' });
    await someone.post(`${manage}/hidden-name`);
    await someone.post(unsubscribe);
    await someone.post(`${manage}/withdrawal`);
    await someone.post(`${manage}/erasure`);

    world.mailbox.behave('refuses for good');
    const refused = { ...person, email: 'refused.zebedee@example.org' };
    await someone.sign(petition.slug, refused);
    await eventually(() => world.mailbox.attempts >= 2, 'the refusal');
    world.mailbox.behave('refuses for now');
    await someone.sign(petition.slug, { ...person, email: 'deferred.zebedee@example.org' });
    await eventually(() => logged().some((line) => line.includes('a job failed')), 'the failed job');

    await world.database.stop('SIGKILL');
    assert.equal((await someone.sign(petition.slug, { ...person, email: 'z3@example.org' })).status, 503);
    await world.restartDatabase();
    await eventually(() => logged().some((line) => line.includes('"level":50')), 'the error');

    const text = logged().join('\n');
    assert.ok(logged().length > 10);
    const tokens = [confirm, manage, unsubscribe].map((path) => path.split('/')[2] ?? '');
    const secrets = [
      'zebedee',
      'quillfeather',
      'zq99',
      'quillshire',
      'wilhelmina',
      '203.0.113.77',
      'z3@',
      ...tokens,
    ];
    for (const secret of secrets)
      assert.ok(
        !text.toLowerCase().includes(secret.toLowerCase()),
        `${secret} is in the log: ${lineWith(secret)}`,
      );
  });

  it('says of each request what was asked, how it ended, and the id that the visitor saw', async () => {
    await eventually(async () => (await visitor(world).get('/readyz')).status === 200, 'it is ready');
    const { slug } = await makePetition();
    const response = await visitor(world).get(`/petitions/${slug}`);
    const id = response.headers.get('x-request-id') ?? '';
    const line = await eventually(() => logged().find((each) => each.includes(id)), 'the line');
    const { msg, level, ms, part } = JSON.parse(line);
    assert.equal(msg, 'GET /petitions/:slug 200');
    assert.equal(level, 30);
    assert.equal(part, 'web');
    assert.ok(ms >= 0);
  });

  it('cuts addresses out of whatever a mail server or a database says in an error', () => {
    const lines: string[] = [];
    const log = createLog('test', 'info', { write: (line: string) => void lines.push(line) });
    const error = new Error(
      '550 5.1.1 <robin.example+x@mail.example.org>: unknown; RCPT TO:<robin@example.org>',
    );
    log.error({ err: error }, 'a mail failed');
    const { err } = JSON.parse(lines[0] ?? '{}');
    assert.equal(err.message, '550 5.1.1 <[address]>: unknown; RCPT TO:<[address]>');
    assert.ok(!lines.join().includes('robin'), 'also in its stack');
  });

  it('is one line of JSON for each event', () => {
    for (const line of logged()) assert.doesNotThrow(() => JSON.parse(line), line);
  });
});

const lineWith = (secret: string) =>
  logged().find((line) => line.toLowerCase().includes(secret.toLowerCase()));
