import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { letterWork } from '../../config/limits.ts';
import { confirmSignature } from '../../server/confirmations/confirm.ts';
import { readLetter, withLetter } from '../../server/letters/form.ts';
import { LetterHour, takePlace } from '../../server/letters/hour.ts';
import { Letter } from '../../server/letters/letter.ts';
import { pauseTarget, resumeTarget, sendAgain } from '../../server/letters/organize/targets/targets.ts';
import { Target } from '../../server/letters/target.ts';
import { nextDigest, writeLetters } from '../../server/letters/write.ts';
import type { Petition } from '../../server/petitions/petition.ts';
import { parseSignatureForm } from '../../server/signatures/form.ts';
import { signPetition } from '../../server/signatures/sign.ts';
import { Signature } from '../../server/signatures/signature.ts';
import { eraseSigner, withdrawSignature } from '../../server/signers/own-data.ts';
import { createViews } from '../../server/views.ts';
import { sendLetters } from '../../workers/letters.ts';
import { createMailer, type Mailer } from '../../workers/mailer.ts';
import { sweep } from '../../workers/sweep.ts';
import { makeLetter, makeLetterForm } from '../support/letters.ts';
import { makeOrganizer } from '../support/organizer.ts';
import { type OpenPlatform, openPlatform } from '../support/platform.ts';
import { startWorld, type World } from '../support/world.ts';

let world: World;
let platform: OpenPlatform;
let mailer: Mailer;
let tools: OpenPlatform & { mailer: Mailer; views: ReturnType<typeof createViews> };

before(async () => {
  world = await startWorld({ web: false, workers: false });
  platform = await openPlatform(world);
  mailer = createMailer(world.env);
  tools = { ...platform, mailer, views: createViews() };
});
after(async () => {
  mailer?.close();
  await platform?.close();
  await world?.close();
});

/** A letter that somebody wrote and confirmed; nobody has written its mails down yet. */
async function confirmedLetter(petition: Petition, differences: Record<string, string> = {}) {
  const typed = makeLetterForm(differences);
  const read = withLetter(
    parseSignatureForm(typed, petition),
    await readLetter(platform, petition, typed, 'en'),
  );
  assert.equal(read.outcome, 'read');
  if (read.outcome !== 'read') throw new Error('The form was refused');
  await signPetition(platform, petition, read.form, { ip: '', page: '/', language: 'en' });
  const emailKey = platform.vault.emailKeyOf(typed.email ?? '');
  const signature = await Signature.findOne({ petition: petition._id, emailKey }).orFail();
  await confirmSignature(platform, platform.tokens.issue('confirm', signature._id));
  return signature._id.toHexString();
}

async function writtenLetters(petition: Petition, number: number): Promise<string[]> {
  const ids: string[] = [];
  while (ids.length < number) {
    const id = await confirmedLetter(petition);
    await writeLetters(platform, id);
    ids.push(id);
  }
  return ids;
}

const later = (seconds: number) => new Date(Date.now() + seconds * 1000);
const states = async (petition: Petition) =>
  (await Letter.find({ petition: petition._id }).sort({ createdAt: 1 }).lean()).map(({ state }) => state);
const stored = (target: Target) => Target.findById(target._id).orFail().lean();
const turn = (target: Target, now?: Date) => sendLetters(tools, target._id.toHexString(), now);
const received = ({ address }: Target) => world.mailbox.to(address);

/** The one target of a letter. */
async function oneTarget(settings: Record<string, unknown> = {}) {
  const { petition, targets } = await makeLetter(1, settings);
  const [target] = targets;
  if (!target) throw new Error('No target was made');
  return { petition, target };
}

describe('letters of a confirmed signature', () => {
  it('are found by a sweep where whoever should write them down died', async () => {
    const { petition, targets } = await makeLetter(3);
    const id = await confirmedLetter(petition);
    assert.deepEqual(await states(petition), []);
    const enqueued: [string, object][] = [];
    const queues = {
      ...platform.queues,
      enqueue: (name: string, payload: object) => void enqueued.push([name, payload]),
    } as typeof platform.queues;
    await sweep({ ...platform, queues }, later(120));
    assert.ok(
      enqueued.some(
        ([name, payload]) => name === 'letter' && 'signatureId' in payload && payload.signatureId === id,
      ),
    );
    await writeLetters(platform, id);
    await writeLetters(platform, id);
    assert.deepEqual(await states(petition), ['due', 'due', 'due']);
    enqueued.length = 0;
    await sweep({ ...platform, queues }, later(1));
    const asked = enqueued.flatMap(([name, payload]) =>
      name === 'letterTurn' ? [(payload as { targetId: string }).targetId] : [],
    );
    for (const { _id } of targets) assert.ok(asked.includes(_id.toHexString()));
  });

  it('hold nothing but ids, and nobody finds the words in the database', async () => {
    const { petition } = await oneTarget();
    await writtenLetters(petition, 1);
    const letter = await Letter.findOne({ petition: petition._id }).orFail().lean();
    assert.deepEqual(
      Object.keys(letter).toSorted(),
      ['_id', 'attempts', 'createdAt', 'dueAt', 'petition', 'signature', 'state', 'target'].filter(
        (key) => key in letter,
      ),
    );
    const signature = await Signature.findOne({ petition: petition._id }).lean();
    assert.doesNotMatch(JSON.stringify(signature), /every day with my mother|bench by the pond/);
  });
});

describe('a target’s turn', () => {
  it('takes each letter once, however many workers take it at the same moment', async () => {
    const { petition, target } = await oneTarget();
    await writtenLetters(petition, 2);
    await Promise.all([turn(target), turn(target), turn(target)]);
    await turn(target);
    assert.equal(received(target).length, 2);
    assert.deepEqual((await stored(target)).counts, { sent: 2, bounced: 0, refused: 0, unclear: 0 });
    assert.equal((await stored(target)).dueAt, undefined, 'nothing waits');
  });

  it('waits for the next hour where the places of all targets together are taken, and nothing is lost', async () => {
    const [{ petition, target }, another] = [await oneTarget(), await oneTarget()];
    await writtenLetters(petition, 3);
    await writtenLetters(another.petition, 1);
    // An hour that no other test sends in, with two places left.
    const now = new Date(later(500 * 24 * 3_600).setUTCMinutes(20, 0, 0));
    const hour = now.toISOString().slice(0, 13);
    await LetterHour.create({ _id: hour, taken: letterWork.mostAnHour - 2, at: now });
    await turn(target, now);
    assert.deepEqual((await states(petition)).toSorted(), ['due', 'sent', 'sent']);
    const { restsUntil, dueAt } = await stored(target);
    assert.equal(restsUntil?.toISOString(), new Date(now.getTime() + 40 * 60_000).toISOString());
    assert.ok(dueAt, 'a sweep finds it then');
    await turn(another.target, now);
    assert.deepEqual(await states(another.petition), ['due'], 'whoever’s turn it is');
    await Promise.all([turn(target, new Date(now.getTime() + 39 * 60_000)), turn(another.target, now)]);
    assert.equal(received(target).length + received(another.target).length, 2);
    assert.equal((await LetterHour.findById(hour).orFail()).taken, letterWork.mostAnHour);
    const next = new Date(now.getTime() + 41 * 60_000);
    await Promise.all([turn(target, next), turn(another.target, next)]);
    assert.deepEqual([received(target).length, received(another.target).length], [3, 1]);
    assert.equal((await LetterHour.findById(next.toISOString().slice(0, 13)).orFail()).taken, 2);
  });

  it('of a daily mail waits for the next hour too, with the whole day in it', async () => {
    const { petition, target } = await oneTarget({ digest: true });
    await writtenLetters(petition, 2);
    const now = new Date(later(501 * 24 * 3_600).setUTCHours(letterWork.digest.hour, 0, 1, 0));
    const at = now.toISOString().slice(0, 13);
    await LetterHour.create({ _id: at, taken: letterWork.mostAnHour, at: now });
    await turn(target, now);
    assert.deepEqual(await states(petition), ['due', 'due']);
    await turn(target, new Date(now.getTime() + 3_600_000));
    assert.deepEqual(await states(petition), ['sent', 'sent']);
    assert.equal(received(target).length, 1);
  });

  it('takes no more places than there are, however many workers ask at once', async () => {
    const now = new Date(later(502 * 24 * 3_600));
    const places = await Promise.all(Array.from({ length: 20 }, () => takePlace(now)));
    assert.ok(places.every(Boolean), 'nobody is turned away while the hour is made');
    const at = { _id: now.toISOString().slice(0, 13) };
    assert.equal((await LetterHour.findById(at._id).orFail()).taken, 20);
    await LetterHour.updateOne(at, { $set: { taken: letterWork.mostAnHour - 3 } });
    const last = await Promise.all(Array.from({ length: 20 }, () => takePlace(now)));
    assert.equal(last.filter(Boolean).length, 3);
  });

  it('is over after some letters, and the next comes only after a rest that outlives any process', async () => {
    const { petition, target } = await oneTarget();
    await writtenLetters(petition, letterWork.atOnce + 2);
    await turn(target);
    assert.equal(received(target).length, letterWork.atOnce);
    await turn(target, later(letterWork.rest - 5));
    assert.equal(received(target).length, letterWork.atOnce);
    await turn(target, later(letterWork.rest + 1));
    assert.equal(received(target).length, letterWork.atOnce + 2);
  });

  it('skips whoever withdrew or was erased before, and sends after all for who signs again', async () => {
    const { petition, target } = await oneTarget();
    const [withdrawn, erased] = await writtenLetters(petition, 3);
    const gone = await Signature.findById(withdrawn).orFail().lean<Signature>();
    await withdrawSignature(platform, gone);
    await eraseSigner(await Signature.findById(erased).orFail().lean<Signature>());
    await turn(target);
    assert.equal(received(target).length, 1);
    assert.deepEqual((await states(petition)).toSorted(), ['sent', 'stopped', 'stopped']);
    await Signature.updateOne(
      { _id: gone._id },
      { $set: { state: 'confirmed', 'letter.dueAt': new Date() } },
    );
    await writeLetters(platform, String(withdrawn));
    await turn(target, later(letterWork.rest + 1));
    assert.equal(received(target).length, 2);
  });

  it('does not come while the target is paused, and nothing is lost', async () => {
    const { petition, target } = await oneTarget();
    const by = await makeOrganizer(world, 'editor');
    const which = { petition, id: target._id };
    await pauseTarget(which, by, 'organizer');
    await writtenLetters(petition, 1);
    await turn(target);
    assert.equal(received(target).length, 0);
    await resumeTarget(platform, which, by);
    await turn(target);
    assert.equal(received(target).length, 1);
  });
});

describe('what goes wrong at a target', () => {
  it('is written down: a mailbox that is not there, three times, and the target is paused; then sent again', async (t) => {
    const { petition, target } = await oneTarget();
    await writtenLetters(petition, 3);
    t.after(() => world.mailbox.behave('takes'));
    world.mailbox.behave('refuses for good');
    for (const n of [0, 1, 2]) await turn(target, later(n * (letterWork.rest + 1)));
    assert.deepEqual(await states(petition), ['bounced', 'bounced', 'bounced']);
    const { pausedFor, reason, counts } = await stored(target);
    assert.deepEqual([pausedFor, reason, counts?.bounced], ['bounced', '550', 3]);
    world.mailbox.behave('takes');
    const by = await makeOrganizer(world, 'editor');
    const which = { petition, id: target._id };
    assert.equal(await sendAgain(platform, which, 'failed', by), 3);
    assert.equal(await sendAgain(platform, which, 'failed', by), 0);
    await resumeTarget(platform, which, by);
    await turn(target, later(4 * letterWork.rest));
    assert.equal(received(target).length, 3);
    assert.equal((await stored(target)).failedAt, undefined);
  });

  it('is tried again later where the server asks for that, with growing waits, and is refused in the end', async (t) => {
    const { petition, target } = await oneTarget();
    await writtenLetters(petition, 1);
    t.after(() => world.mailbox.behave('takes'));
    world.mailbox.behave('refuses for now');
    await turn(target);
    assert.deepEqual(await states(petition), ['deferred']);
    const before = world.mailbox.attempts;
    await turn(target, later(letterWork.rest + 1));
    assert.equal(world.mailbox.attempts, before, 'not before its time');
    await Letter.updateMany({ petition: petition._id }, { $set: { attempts: letterWork.again.length } });
    await turn(target, later(2 * 86_400));
    assert.deepEqual(await states(petition), ['refused']);
  });

  it('is not tried again where it may have arrived: twice would be worse', async (t) => {
    const { petition, target } = await oneTarget();
    await writtenLetters(petition, 1);
    t.after(() => world.mailbox.behave('takes'));
    world.mailbox.behave('takes it and breaks off');
    await turn(target);
    world.mailbox.behave('takes');
    assert.deepEqual(await states(petition), ['unclear']);
    await turn(target, later(86_400));
    assert.equal(received(target).length, 1);
    assert.equal((await stored(target)).counts?.unclear, 1);
  });

  it('is shown as unclear where a worker died at it', async () => {
    const { petition, target } = await oneTarget();
    await writtenLetters(petition, 1);
    const died = { state: 'claimed' as const, leaseUntil: later(1) };
    await Letter.updateOne({ petition: petition._id }, { $set: died });
    await turn(target, later(60));
    assert.deepEqual(await states(petition), ['unclear']);
    assert.equal(received(target).length, 0);
  });
});

describe('one mail a day', () => {
  it('has all the letters of the day, each with its writer’s name and address, and is sent once', async () => {
    const { petition, target } = await oneTarget({ digest: true });
    await confirmedLetter(petition, { name: 'Ada Writer' }).then((id) => writeLetters(platform, id));
    await confirmedLetter(petition, { name: 'Noor Writer' }).then((id) => writeLetters(platform, id));
    await turn(target);
    assert.equal(received(target).length, 0, 'not before the hour');
    const morning = new Date(nextDigest(new Date()).getTime() + 1_000);
    await Promise.all([turn(target, morning), turn(target, morning)]);
    const [mail, ...more] = received(target);
    assert.equal(more.length, 0);
    assert.match(mail?.subject ?? '', /^2 letters: Keep the/);
    assert.equal(mail?.from?.name, 'Friends of the Pond');
    assert.match(mail?.text ?? '', /Ada Writer\n+\S+@example\.org[\s\S]*Noor Writer\n+\S+@example\.org/);
    assert.equal((await stored(target)).counts?.sent, 2);
    const { restsUntil } = await stored(target);
    assert.equal(restsUntil?.getTime(), nextDigest(morning).getTime());
  });

  it('begins at the next hour of its kind, also just before and just after it', () => {
    const at = (time: string) => nextDigest(new Date(`2026-03-01T${time}Z`)).toISOString();
    assert.equal(at('05:59:59'), '2026-03-01T06:00:00.000Z');
    assert.equal(at('06:00:00'), '2026-03-02T06:00:00.000Z');
  });
});
