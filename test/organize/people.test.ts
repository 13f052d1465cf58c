import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { AuditEntry } from '../../server/audit/entry.ts';
import { mailAccessLink } from '../../server/organizers/access-link.ts';
import { inviteOrganizer, Organizer } from '../../server/organizers/organizer.ts';
import { changeRole, endAccount } from '../../server/organizers/people.ts';
import type { Role } from '../../server/organizers/roles.ts';
import { Petition } from '../../server/petitions/petition.ts';
import { parseAddress } from '../../server/signers/address.ts';
import { makePetition } from '../support/factories.ts';
import { entranceIn, makeOrganizer, signInAs } from '../support/organizer.ts';
import { errorAt, textOf, valueIn } from '../support/page.ts';
import { openStage } from '../support/stage.ts';
import { visitor } from '../support/visitor.ts';

const { world, platform } = await openStage();

const read = (_id: unknown) => Organizer.findById(String(_id)).lean<Organizer>().orFail();
const roleNow = async (_id: unknown) => (await read(_id)).role;
const actionsOn = async (subject: unknown) =>
  (
    await AuditEntry.find({ subject: String(subject) })
      .sort({ _id: 1 })
      .lean()
  ).map(({ action }) => action);

describe('inviting somebody', () => {
  it('mails them a link, and they are in under the name they give', async () => {
    const ada = await signInAs(world, 'owner');
    const email = 'grace@example.org';
    const answer = await ada.post('/organize/people', { email, role: 'moderator' });
    assert.equal(answer.status, 303);
    const page = textOf(await (await ada.get(answer.headers.get('location') ?? '')).text());
    assert.match(page, /An invitation is on its way to grace@example\.org/);
    assert.match(page, /not accepted yet/);
    const mail = await world.mailbox.mailTo(email);
    assert.equal(mail.subject, 'You are invited to Larkmere Neighbours');
    assert.match(mail.text ?? '', /Your role there will be: moderator/);
    const guest = visitor(world, { Origin: world.env.BASE_URL });
    assert.equal((await guest.post(entranceIn(mail), { name: 'Grace Hopper' })).status, 303);
    assert.match(textOf(await (await ada.get('/organize/people')).text()), /Grace Hopper/);
    const entry = await AuditEntry.findOne({
      action: 'organizer.invite',
      organizer: ada.organizer._id,
    }).lean();
    assert.doesNotMatch(JSON.stringify(entry), /grace/i, 'the log keeps no address');
  });

  it('refuses what is no address, no role, or an address that has an account, and keeps what was typed', async () => {
    const ada = await signInAs(world, 'owner');
    const people = await Organizer.countDocuments();
    const wrong = await ada.post('/organize/people', { email: 'grace at home', role: 'editor' });
    assert.equal(wrong.status, 422);
    const html = await wrong.text();
    assert.ok(errorAt(html, 'email'));
    assert.equal(valueIn(html, 'email'), 'grace at home');
    const roleless = await ada.post('/organize/people', { email: 'new@example.org', role: 'king' });
    assert.equal(roleless.status, 422);
    assert.equal(await Organizer.countDocuments(), people);
  });

  it('says whose an address is that has an account, and what can be done instead', async () => {
    const ada = await signInAs(world, 'owner');
    const bob = await makeOrganizer(world, 'editor', { name: 'Bob' });
    const eve = await makeOrganizer(world, 'editor', { name: 'Eve' });
    await ada.post(`/organize/people/${eve._id}/end`);
    const invited = { email: 'once@example.org', role: 'viewer' };
    await ada.post('/organize/people', invited);
    const people = await Organizer.countDocuments();
    const refusal = async (email: string) => {
      const answer = await ada.post('/organize/people', { email, role: 'owner' });
      assert.equal(answer.status, 422);
      return errorAt(await answer.text(), 'email') ?? '';
    };
    assert.match(await refusal(ada.organizer.email.toUpperCase()), /This is your own address/);
    assert.match(await refusal(bob.email), /Bob has an account with this address already, as editor/);
    assert.match(await refusal(eve.email), /account of Eve .* has ended\. Let them return below/);
    assert.match(await refusal(invited.email), /is invited already/);
    assert.equal(await Organizer.countDocuments(), people);
    assert.deepEqual(await Promise.all([bob, eve].map(({ _id }) => roleNow(_id))), ['editor', 'editor']);
    assert.equal(world.mailbox.to(bob.email).length, 0);
  });

  it('can be repeated, and taken back: then no link works any more', async () => {
    const ada = await signInAs(world, 'owner');
    const email = 'late@example.org';
    await ada.post('/organize/people', { email, role: 'editor' });
    const first = entranceIn(await world.mailbox.mailTo(email));
    const { _id } = await Organizer.findOne().sort({ _id: -1 }).lean<Organizer>().orFail();
    await ada.post(`/organize/people/${_id}/invitation`);
    const second = entranceIn(await world.mailbox.mailTo(email, 2));
    await ada.post(`/organize/people/${_id}/end`);
    const guest = visitor(world, { Origin: world.env.BASE_URL });
    for (const path of [first, second]) assert.equal((await guest.get(path)).status, 410);
    await ada.post(`/organize/people/${_id}/return`);
    for (const path of [first, second])
      assert.equal((await guest.get(path)).status, 410, 'a link that was taken back stays dead');
    assert.deepEqual(await actionsOn(_id), [
      'organizer.invite',
      'organizer.inviteAgain',
      'organizer.end',
      'organizer.return',
    ]);
  });

  it('twice at once makes one account', async () => {
    const ada = await signInAs(world, 'owner');
    const form = { email: 'twice@example.org', role: 'viewer' };
    const answers = await Promise.all([1, 2, 3].map(() => ada.post('/organize/people', form)));
    assert.deepEqual(answers.map(({ status }) => status).sort(), [303, 422, 422]);
  });
});

describe('a role', () => {
  it('that changes holds from the next request on, and can be taken back', async () => {
    const ada = await signInAs(world, 'owner');
    const bob = await signInAs(world, 'editor', { name: 'Bob' });
    const { _id } = bob.organizer;
    assert.equal((await bob.get('/organize/people')).status, 403);
    const changed = await ada.post(`/organize/people/${_id}/role`, { role: 'owner' });
    assert.equal((await bob.get('/organize/people')).status, 200);
    const page = await (await ada.get(changed.headers.get('location') ?? '')).text();
    assert.match(textOf(page), /Bob is owner now\. Undo: editor again/);
    await ada.post(`/organize/people/${_id}/role`, { role: 'editor' });
    assert.equal(await roleNow(_id), 'editor');
    const [entry] = await AuditEntry.find({ subject: String(_id) })
      .sort({ _id: 1 })
      .lean();
    assert.deepEqual(entry?.details, { from: 'editor', to: 'owner' });
  });

  it('that is what it was is no change, and not in the log', async () => {
    const ada = await signInAs(world, 'owner');
    const { _id } = await makeOrganizer(world, 'editor');
    const answer = await ada.post(`/organize/people/${_id}/role`, { role: 'editor' });
    assert.match(answer.headers.get('location') ?? '', /done=unchanged/);
    assert.deepEqual(await actionsOn(_id), []);
    assert.equal((await ada.post(`/organize/people/${_id}/role`, { role: 'tsar' })).status, 422);
  });

  it('of one’s own cannot be changed, nor one’s own account ended', async () => {
    const ada = await signInAs(world, 'owner');
    const own = `/organize/people/${ada.organizer._id}`;
    assert.equal((await ada.post(`${own}/role`, { role: 'viewer' })).status, 422);
    assert.equal((await ada.post(`${own}/end`)).status, 422);
    const { role, endedAt } = await read(ada.organizer._id);
    assert.deepEqual([role, endedAt], ['owner', undefined]);
    assert.equal((await ada.post('/organize/people/nobody/end')).status, 404);
  });
});

describe('an account that ends', () => {
  it('is out at once: sessions, links; and may return', async () => {
    const ada = await signInAs(world, 'owner');
    const bob = await signInAs(world, 'editor', { name: 'Bob' });
    const { _id, email } = bob.organizer;
    await mailAccessLink(platform, 'signIn', _id);
    const path = entranceIn(await world.mailbox.mailTo(email));
    const ended = await ada.post(`/organize/people/${_id}/end`);
    assert.equal((await bob.get('/organize')).status, 303);
    assert.equal((await bob.post(path)).status, 410);
    const page = await (await ada.get(ended.headers.get('location') ?? '')).text();
    assert.match(textOf(page), /Bob can no longer come in/);
    await ada.post(`/organize/people/${_id}/return`);
    assert.equal((await bob.get('/organize')).status, 303, 'the old session stays over');
    await mailAccessLink(platform, 'signIn', _id);
    assert.equal((await bob.post(entranceIn(await world.mailbox.mailTo(email, 2)))).status, 303);
  });
});

describe('the last owner', () => {
  it('is kept when two end each other at once', async () => {
    const kept = await Organizer.find({ role: 'owner' }, { _id: 1 }).lean();
    await Organizer.updateMany({ role: 'owner' }, { $set: { role: 'viewer' } });
    const [ada, bob] = await Promise.all([signInAs(world, 'owner'), signInAs(world, 'owner')]);
    await Promise.all([
      ada.post(`/organize/people/${bob.organizer._id}/end`),
      bob.post(`/organize/people/${ada.organizer._id}/end`),
    ]);
    const left = await Organizer.find({ role: 'owner', endedAt: null }).lean<Organizer[]>();
    assert.ok(left.length >= 1, `${left.length} are left`);
    const whoStayed = left.some(({ _id }) => _id.equals(ada.organizer._id)) ? ada : bob;
    const page = await whoStayed.get(`/organize/people?done=lastOwner&person=${whoStayed.organizer._id}`);
    assert.match(textOf(await page.text()), /Nothing was changed: somebody has to be owner\./);
    await Organizer.updateMany({ _id: { $in: kept } }, { $set: { role: 'owner' } });
  });

  it('stays one, whoever asks', async () => {
    const kept = await Organizer.find({ role: 'owner' }, { _id: 1 }).lean();
    await Organizer.updateMany({ role: 'owner' }, { $set: { role: 'viewer' } });
    const only = await read((await makeOrganizer(world, 'owner'))._id);
    assert.equal(await changeRole(only, 'viewer'), 'lastOwner');
    assert.equal(await endAccount(platform, only), 'lastOwner');
    const { role, endedAt } = await read(only._id);
    assert.deepEqual([role, endedAt], ['owner', undefined]);
    await Organizer.updateMany({ _id: { $in: kept } }, { $set: { role: 'owner' } });
  });

  it('is not somebody who was invited and has not come', async () => {
    const kept = await Organizer.find({ role: 'owner' }, { _id: 1 }).lean();
    await Organizer.updateMany({ role: 'owner' }, { $set: { role: 'viewer' } });
    const only = await read((await makeOrganizer(world, 'owner'))._id);
    const address = parseAddress('not-yet@example.org');
    assert.ok(address);
    await inviteOrganizer(platform, address, 'owner');
    assert.equal(await endAccount(platform, only), 'lastOwner');
    await Organizer.updateMany({ _id: { $in: kept } }, { $set: { role: 'owner' } });
  });
});

describe('a petition’s team', () => {
  const teamOf = async (petition: { _id: unknown }) =>
    (await Petition.findById(String(petition._id)).lean<Petition>().orFail()).team.map(
      ({ organizer, role }) => [String(organizer), role] as [string, Role],
    );

  it('gives somebody more on that petition; a change and a removal can be taken back', async () => {
    const petition = await makePetition();
    const ada = await signInAs(world, 'owner');
    const bob = await signInAs(world, 'viewer', { name: 'Bob' });
    const person = String(bob.organizer._id);
    const path = `/organize/petitions/${petition._id}/team`;
    const moderation = `/organize/petitions/${petition._id}/moderation`;
    assert.match(
      await (await ada.get(`/organize/petitions/${petition._id}/team`)).text(),
      /aria-current="page">Team/,
    );
    assert.equal((await bob.get(moderation)).status, 403);

    await ada.post(path, { person, role: 'moderator' });
    assert.equal((await bob.get(moderation)).status, 200);
    const changed = await ada.post(path, { person, role: 'editor' });
    assert.deepEqual(await teamOf(petition), [[person, 'editor']]);
    const page = await (await ada.get(changed.headers.get('location') ?? '')).text();
    assert.match(textOf(page), /Bob is editor on this petition now\. Undo: moderator again/);
    const removed = await ada.post(`${path}/${person}/removal`);
    assert.equal((await bob.get(moderation)).status, 403);
    const after = await (await ada.get(removed.headers.get('location') ?? '')).text();
    assert.match(textOf(after), /Bob is viewer on this petition, as everywhere\. Undo/);
    assert.match(after, /name="role" value="editor"/);
    const entries = await AuditEntry.find({ petition: petition._id }).sort({ _id: 1 }).lean();
    assert.deepEqual(
      entries.map(({ action, details }) => [action, details]),
      [
        ['petition.teamAdd', { to: 'moderator' }],
        ['petition.teamRole', { from: 'moderator', to: 'editor' }],
        ['petition.teamRemove', { from: 'editor' }],
      ],
    );
  });

  it('has nobody twice, however many add them at once', async () => {
    const petition = await makePetition();
    const ada = await signInAs(world, 'owner');
    const { _id } = await makeOrganizer(world, 'viewer');
    const path = `/organize/petitions/${petition._id}/team`;
    const wanted = ['viewer', 'moderator', 'editor', 'owner'];
    await Promise.all(wanted.map((role) => ada.post(path, { person: String(_id), role })));
    assert.equal((await teamOf(petition)).length, 1);
  });

  it('takes neither strangers nor whoever’s account has ended', async () => {
    const petition = await makePetition();
    const ada = await signInAs(world, 'owner');
    const gone = await makeOrganizer(world, 'viewer');
    await Organizer.updateOne({ _id: gone._id }, { $set: { endedAt: new Date() } });
    const path = `/organize/petitions/${petition._id}/team`;
    for (const form of [
      { person: String(gone._id), role: 'editor' },
      { person: String(petition._id), role: 'editor' },
      { person: 'x', role: 'editor' },
      { person: String(ada.organizer._id), role: 'tsar' },
    ])
      assert.equal((await ada.post(path, form)).status, 422);
    assert.deepEqual(await teamOf(petition), []);
  });
});
