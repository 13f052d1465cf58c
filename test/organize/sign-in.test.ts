import assert from 'node:assert/strict';
import { describe, it, mock } from 'node:test';
import { Types } from 'mongoose';
import { rateLimits } from '../../config/limits.ts';
import { AuditEntry } from '../../server/audit/entry.ts';
import { AccessLink, mailAccessLink } from '../../server/organizers/access-link.ts';
import { inviteOrganizer, Organizer } from '../../server/organizers/organizer.ts';
import { nextPath } from '../../server/sessions/next.ts';
import { parseAddress } from '../../server/signers/address.ts';
import { cookieIn, entranceIn, makeOrganizer, signInAs } from '../support/organizer.ts';
import { errorAt, textOf } from '../support/page.ts';
import { openStage } from '../support/stage.ts';
import { visitor } from '../support/visitor.ts';
import { eventually } from '../support/world.ts';

const { world, platform } = await openStage({ env: { TRUST_PROXY: '1' } });

let networks = 0;

/** Somebody from a network of their own, whose browser says that its requests come from our pages. */
function somebody(headers: Record<string, string> = {}) {
  networks += 1;
  const ip = `10.${networks >> 8}.${networks & 255}.7`;
  return visitor(world, { Origin: world.env.BASE_URL, 'X-Forwarded-For': ip, ...headers });
}

const ask = (email: string, more: Record<string, string> = {}) =>
  somebody().post('/organize/sign-in', { email, ...more });

/** Signs in by mail as anybody would; returns the answer to pressing the button. */
async function signInByMail(email: string, more: Record<string, string> = {}) {
  const before = world.mailbox.to(email).length;
  assert.equal((await ask(email, more)).status, 303);
  return somebody().post(entranceIn(await world.mailbox.mailTo(email, before + 1)));
}

const isIn = async (cookie: string) => (await somebody({ cookie }).get('/organize')).status === 200;

async function invite(role: 'editor' | 'viewer' = 'editor') {
  const email = `invited-${new Types.ObjectId()}@example.org`;
  const address = parseAddress(email);
  assert.ok(address);
  const invited = await inviteOrganizer(platform, address, role);
  assert.ok(invited.outcome === 'invited');
  await mailAccessLink(platform, 'invitation', invited.id);
  return { email, id: invited.id, path: entranceIn(await world.mailbox.mailTo(email)) };
}

describe('asking for a link', () => {
  it('brings one by mail, which lets in once', async () => {
    const { email, name, _id } = await makeOrganizer(world, 'editor', { name: 'Ada Lovelace' });
    const sent = await ask(email);
    assert.equal(sent.headers.get('location'), '/organize/sign-in/sent');
    const mail = await world.mailbox.mailTo(email);
    assert.equal(mail.subject, 'Sign in to Larkmere Neighbours');
    assert.match(mail.text ?? '', /Hello Ada Lovelace/);
    assert.match(mail.text ?? '', /1 Example Street, Larkmere/);
    assert.match(mail.html ?? '', new RegExp(entranceIn(mail)));

    const page = await somebody().get(entranceIn(mail));
    assert.equal(page.status, 200);
    assert.match(textOf(await page.text()), new RegExp(`You sign in as ${email}`));
    const answer = await somebody().post(entranceIn(mail));
    assert.equal(answer.status, 303);
    assert.equal(answer.headers.get('location'), '/organize');
    const home = await (await somebody({ cookie: cookieIn(answer) }).get('/organize')).text();
    assert.match(textOf(home), new RegExp(name));
    const entry = await AuditEntry.findOne({ organizer: _id, action: 'session.begin' }).lean();
    assert.deepEqual(entry?.details, { by: 'signIn' });
  });

  it('answers the same for addresses nobody has, and mails only who is known', async () => {
    const known = await makeOrganizer(world, 'viewer');
    const ended = await makeOrganizer(world, 'viewer');
    await Organizer.updateOne({ _id: ended._id }, { $set: { endedAt: new Date() } });
    const answers = [];
    for (const email of ['stranger@example.org', ended.email, known.email]) {
      const answer = await ask(email);
      const kept = ['location', 'set-cookie', 'content-type', 'cache-control', 'content-length'];
      answers.push([
        answer.status,
        await answer.text(),
        kept.map((header) => [header, answer.headers.get(header)]),
      ]);
    }
    assert.deepEqual(answers[0], answers[1]);
    assert.deepEqual(answers[0], answers[2]);
    await world.mailbox.mailTo(known.email);
    assert.deepEqual([...world.mailbox.to('stranger@example.org'), ...world.mailbox.to(ended.email)], []);
    assert.equal(await AccessLink.countDocuments({ organizer: ended._id }), 0);
  });

  it('is answered before it is known whether anybody has the address: how long it takes tells nothing', async () => {
    const { email } = await makeOrganizer(world, 'viewer');
    const looking = mock.method(Organizer, 'findOne', () => ({ lean: () => new Promise(() => undefined) }));
    try {
      assert.equal((await ask(email)).status, 303);
      assert.equal((await ask('stranger@example.net')).status, 303);
      assert.equal(looking.mock.callCount(), 2, 'both were looked for all the same');
    } finally {
      looking.mock.restore();
    }
  });

  it('is throttled for known and unknown addresses alike', async () => {
    const { email } = await makeOrganizer(world, 'viewer');
    for (const address of [email, 'nobody-at-all@example.org']) {
      const statuses = [];
      for (let n = 0; n <= rateLimits.signInPerAddress.limit; n += 1)
        statuses.push((await ask(address)).status);
      assert.deepEqual([...new Set(statuses.slice(0, -1))], [303]);
      assert.equal(statuses.at(-1), 429);
    }
  });

  it('is throttled for one network, however many addresses it tries', async () => {
    const one = somebody();
    const statuses = [];
    for (let n = 0; n <= rateLimits.signInPerBlock.limit; n += 1)
      statuses.push((await one.post('/organize/sign-in', { email: `try-${n}@example.org` })).status);
    assert.equal(statuses.indexOf(429), rateLimits.signInPerBlock.limit);
    assert.equal((await ask('somebody-else@example.org')).status, 303, 'others are not held up');
  });

  it('says so at the field when it is no address, and keeps what was typed', async () => {
    const answer = await ask('ada at example', { next: '/organize/people' });
    assert.equal(answer.status, 422);
    const html = await answer.text();
    assert.match(errorAt(html, 'email') ?? '', /does not look like an e-mail address/);
    assert.match(html, /value="ada at example"/);
    assert.match(html, /name="next" value="\/organize\/people"/);
  });

  it('again for somebody who was invited brings the invitation again', async () => {
    const { email } = await invite();
    await ask(email);
    const mail = await world.mailbox.mailTo(email, 2);
    assert.equal(mail.subject, 'You are invited to Larkmere Neighbours');
  });

  it('is answered in the language the organizer chose', async () => {
    const { email, _id } = await makeOrganizer(world, 'viewer');
    await Organizer.updateOne({ _id }, { $set: { language: 'fr' } });
    await ask(email);
    const mail = await world.mailbox.mailTo(email);
    assert.equal(mail.subject, 'Se connecter à Larkmere Neighbours');
    assert.match(mail.text ?? '', /Me connecter/);
  });
});

describe('a link', () => {
  it('is not used up by a mail scanner that fetches it a hundred times', async () => {
    const { email } = await makeOrganizer(world, 'editor');
    await ask(email);
    const path = entranceIn(await world.mailbox.mailTo(email));
    const scanner = somebody();
    for (let n = 0; n < 100; n += 1) assert.equal((await scanner.get(path)).status, 200);
    assert.equal((await scanner.request(path, { method: 'HEAD' })).status, 200);
    assert.equal(
      (await scanner.post(path)).status,
      303,
      'whoever sits behind the same network still gets in',
    );
  });

  it('lets one of two in who press at once', async () => {
    const { email, _id } = await makeOrganizer(world, 'editor');
    await ask(email);
    const path = entranceIn(await world.mailbox.mailTo(email));
    const answers = await Promise.all([1, 2, 3, 4].map(() => somebody().post(path)));
    assert.deepEqual(answers.map(({ status }) => status).sort(), [303, 410, 410, 410]);
    assert.equal(answers.filter((answer) => answer.headers.get('set-cookie')).length, 1);
    assert.equal(await AuditEntry.countDocuments({ organizer: _id, action: 'session.begin' }), 1);
  });

  it('that was used says so, and whoever used it here can go on', async () => {
    const { email } = await makeOrganizer(world, 'editor');
    const answer = await signInByMail(email);
    const path = entranceIn(await world.mailbox.mailTo(email));
    const stranger = await somebody().get(path);
    assert.equal(stranger.status, 410);
    assert.match(textOf(await stranger.text()), /does not work any more/);
    const again = await somebody({ cookie: cookieIn(answer) }).get(path);
    assert.equal(again.status, 410);
    assert.match(textOf(await again.text()), /You are signed in in this browser/);
  });

  it('that has expired, was forged, or is for an account that ended lets nobody in', async () => {
    const { email, _id } = await makeOrganizer(world, 'editor');
    await ask(email);
    const path = entranceIn(await world.mailbox.mailTo(email));
    await AccessLink.updateMany({ organizer: _id }, { $set: { expiresAt: new Date(Date.now() - 1) } });
    const other = await makeOrganizer(world, 'editor');
    await ask(other.email);
    const otherPath = entranceIn(await world.mailbox.mailTo(other.email));
    await Organizer.updateOne({ _id: other._id }, { $set: { endedAt: new Date() } });
    const forged = `/organize/enter/${new Types.ObjectId().toHexString()}${'A'.repeat(19)}`;
    const confirm = `/organize/enter/${platform.tokens.issue('confirm', _id)}`;
    for (const dead of [path, otherPath, forged, confirm, '/organize/enter/x', `${path.slice(0, -1)}!`]) {
      for (const answer of [await somebody().get(dead), await somebody().post(dead)]) {
        assert.equal(answer.status, 410, dead);
        assert.equal(answer.headers.get('set-cookie'), null);
      }
    }
  });

  it('retires the older ones in the mailbox', async () => {
    const { email } = await makeOrganizer(world, 'editor');
    await ask(email);
    const older = entranceIn(await world.mailbox.mailTo(email));
    await ask(email);
    await somebody().post(entranceIn(await world.mailbox.mailTo(email, 2)));
    assert.equal((await somebody().post(older)).status, 410);
  });

  it('leads back to where they were, and nowhere else', async () => {
    const { email } = await makeOrganizer(world, 'owner');
    const there = await signInByMail(email, { next: '/organize/audit?q=role' });
    assert.equal(there.headers.get('location'), '/organize/audit?q=role');
    const evil = await signInByMail(email, { next: 'https://example.com/organize' });
    assert.equal(evil.headers.get('location'), '/organize');
  });
});

describe('where to go on', () => {
  it('is below /organize or nowhere', () => {
    assert.equal(nextPath('/organize'), '/organize');
    assert.equal(nextPath('/organize/people?done=1'), '/organize/people?done=1');
    const refused = [
      ...[
        '//example.com/organize',
        'https://example.com/organize',
        '/\\example.com',
        '/organize/../petitions',
      ],
      ...['/organizer', '/petitions/x', 'organize', '', '/organize/sign-in', '/organize/sign-out'],
      ...[
        '/organize/enter/abc',
        'javascript:alert(1)',
        `/organize/${'x'.repeat(600)}`,
        undefined,
        ['/organize'],
      ],
      ...['/organize/%2e%2e/petitions', '\t/organize', 'http://here.invalid/organize'],
    ];
    for (const path of refused) assert.equal(nextPath(path), undefined, String(path));
  });
});

describe('an invitation', () => {
  it('asks for a name, and opens the account under it', async () => {
    const { id, path, email } = await invite('viewer');
    const page = await (await somebody().get(path)).text();
    assert.match(
      textOf(page),
      new RegExp(`invited to Larkmere Neighbours as viewer, under the address ${email}`),
    );
    const nameless = await somebody().post(path, { name: 'Visit www.example.com' });
    assert.equal(nameless.status, 422);
    assert.ok(errorAt(await nameless.text(), 'name'));
    const answer = await somebody().post(path, { name: 'Grace Hopper' });
    assert.equal(answer.status, 303);
    assert.ok(await isIn(cookieIn(answer)));
    const organizer = await Organizer.findById(id).lean();
    assert.ok(organizer?.acceptedAt);
    assert.ok(await AuditEntry.exists({ organizer: id, action: 'organizer.accept' }));
    assert.equal((await somebody().post(path, { name: 'Somebody Else' })).status, 410);
  });
});

describe('the session’s cookie', () => {
  it('is for this host alone, out of reach of scripts and other sites', async () => {
    const { email } = await makeOrganizer(world, 'viewer');
    const answer = await signInByMail(email);
    const cookie = answer.headers.get('set-cookie') ?? '';
    assert.match(cookie, /^__Host-session=[\w-]{43};/);
    for (const attribute of ['Path=/', 'HttpOnly', 'Secure', 'SameSite=Lax'])
      assert.ok(cookie.split('; ').includes(attribute), attribute);
    assert.doesNotMatch(cookie, /Domain/);
    assert.equal(answer.headers.get('cache-control'), 'no-store');
  });

  it('is cleared on signing out, and the session is over on our side too', async () => {
    const ada = await signInAs(world, 'viewer');
    const answer = await ada.post('/organize/sign-out');
    assert.match(answer.headers.get('set-cookie') ?? '', /^__Host-session=; Max-Age=0;/);
    const after = await ada.get('/organize');
    assert.equal(after.headers.get('location'), '/organize/sign-in?next=%2Forganize');
  });

  it('of the session before is worthless after signing in again in the same browser', async () => {
    const ada = await signInAs(world, 'viewer');
    await ask(ada.organizer.email);
    const path = entranceIn(await world.mailbox.mailTo(ada.organizer.email));
    const answer = await somebody({ cookie: ada.cookie }).post(path);
    assert.ok(await isIn(cookieIn(answer)));
    assert.equal(await isIn(ada.cookie), false);
  });

  it('that was made up or changed is nobody’s', async () => {
    const ada = await signInAs(world, 'owner');
    for (const cookie of [
      `__Host-session=${'A'.repeat(43)}`,
      ada.cookie.slice(0, -2),
      `session=${ada.cookie.split('=')[1]}`,
      `x${ada.cookie}`,
    ])
      assert.equal(await isIn(cookie), false, cookie);
    assert.ok(await isIn(`theme=dark; ${ada.cookie}; other=1`));
  });
});

describe('a change that another site asks for', () => {
  it('is refused, with or without a session', async () => {
    const ada = await signInAs(world, 'owner');
    const foreign: Record<string, string>[] = [
      { Origin: 'https://example.com' },
      { Origin: 'null' },
      { Origin: world.env.BASE_URL, 'Sec-Fetch-Site': 'cross-site' },
      { Origin: world.env.BASE_URL.replace('localhost', 'evil.localhost') },
      { 'Sec-Fetch-Site': 'same-site' },
      { 'Sec-Fetch-Site': 'none' },
      {},
    ];
    for (const headers of foreign) {
      for (const path of [
        '/organize/sign-out',
        '/organize/people',
        '/organize/sign-in',
        '/organize/enter/x',
      ]) {
        const answer = await visitor(world, { cookie: ada.cookie, ...headers }).post(path);
        assert.equal(answer.status, 403, `${path} ${JSON.stringify(headers)}`);
      }
    }
    assert.ok(await isIn(ada.cookie), 'nobody was signed out');
  });

  it('is taken from our own pages', async () => {
    const ours: Record<string, string>[] = [
      { 'Sec-Fetch-Site': 'same-origin' },
      { Origin: world.env.BASE_URL },
    ];
    for (const headers of ours) {
      const ada = await signInAs(world, 'viewer');
      const answer = await visitor(world, { cookie: ada.cookie, ...headers }).post('/organize/sign-out');
      assert.equal(answer.status, 303);
    }
  });
});

describe('while a store is away', () => {
  it('a link is not used up: it lets in once sessions can begin again', async () => {
    const { email } = await makeOrganizer(world, 'viewer');
    await ask(email);
    const path = entranceIn(await world.mailbox.mailTo(email));
    await world.redis.stop('SIGKILL');
    const refused = await somebody().post(path);
    await world.restartRedis();
    assert.equal(refused.status, 503);
    const answer = await eventually(async () => {
      const tried = await somebody().post(path);
      return tried.status !== 503 && tried;
    }, 'Redis is back');
    assert.equal(answer.status, 303);
    assert.ok(await isIn(cookieIn(answer)));
  });

  it('no mail is promised to anybody, known or not', async () => {
    const { email } = await makeOrganizer(world, 'viewer');
    await world.database.stop('SIGKILL');
    const answers = await Promise.all([ask(email), ask('stranger@example.com')]);
    await world.restartDatabase();
    assert.deepEqual(
      answers.map(({ status }) => status),
      [503, 503],
    );
    await eventually(async () => (await ask(email)).status === 303, 'the database is back');
    await world.mailbox.mailTo(email);
  });
});
