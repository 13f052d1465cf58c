import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { periods } from '../../config/limits.ts';
import { AuditEntry } from '../../server/audit/entry.ts';
import { Mailing } from '../../server/mailings/mailing.ts';
import { NewsletterComment } from '../../server/newsletter/comments/comment.ts';
import { Issue } from '../../server/newsletter/issues/issue.ts';
import { forgetOldReaders } from '../../server/newsletter/retention.ts';
import { Subscriber } from '../../server/newsletter/subscriber.ts';
import { suppressAddress } from '../../server/signers/suppression.ts';
import { steerTask, Task } from '../../server/tasks/task.ts';
import { sendCommentMail } from '../../workers/newsletter-mail.ts';
import { runTask } from '../../workers/task.ts';
import { sendIssue } from '../../workers/tasks/newsletter-issue.ts';
import { signInAs } from '../support/organizer.ts';
import { errorAt, textOf, unescapeHtml, valueIn } from '../support/page.ts';
import { type Desk, later, openDesk, outcomes, taskIn, taskOf, usualWork } from '../support/updates.ts';
import { visitor } from '../support/visitor.ts';
import { commentForm, makeComment, makeIssue, makeReader, newsletterLink } from './support.ts';

let desk: Desk;
before(async () => {
  desk = await openDesk();
});
afterEach(async () => {
  desk.world.mailbox.behave('takes');
  await Subscriber.deleteMany({});
});
after(() => desk.close());

const path = '/organize/newsletter';
const words = {
  'subject-en': 'What a week',
  'preview-en': 'Three things happened',
  'body-en': 'The council **listened**.',
};
const post = (to: string, form: Record<string, string> = {}, who = desk.editor) => who.post(path + to, form);

async function write(differences: Record<string, string> = {}): Promise<Issue> {
  const response = await post('/issues', { ...words, ...differences });
  assert.equal(response.status, 303, await response.text());
  const issue = await Issue.findById(response.headers.get('location')?.split('/').at(-1)).lean<Issue>();
  assert.ok(issue);
  return issue;
}
const url = ({ _id }: Pick<Issue, '_id'>, rest = '') => `/issues/${_id}${rest}`;
const page = async (issue: Issue) => textOf(await (await desk.editor.get(path + url(issue))).text());
const askToSend = (issue: Issue, who = desk.editor) =>
  post(url(issue, '/send'), { revision: String(issue.revision) }, who);
const publicPage = (issue: Pick<Issue, 'slug'>, rest = '') =>
  visitor(desk.world).get(`/newsletter/${issue.slug}${rest}`);
const readers = (number: number) =>
  Promise.all(Array.from({ length: number }, () => makeReader(desk.platform)));
const received = (people: { email: string }[]) => people.map((person) => desk.mailsTo(person).length);

describe('an issue', () => {
  it('is written in one language or both, seen by nobody, shown on the web, told by the feed, and taken off', async () => {
    const french = { 'subject-fr': 'Quelle semaine', 'body-fr': 'Le conseil **écoute**.' };
    const issue = await write(french);
    assert.match(issue.slug, /^\d{4}-\d\d-\d\d-what-a-week(-\d+)?$/);
    assert.equal((await publicPage(issue)).status, 404);
    assert.match(await page(issue), /Three things happened/);
    const mail = await (await desk.editor.get(`${path}${url(issue, '/mail?lang=fr')}`)).text();
    assert.match(mail, /Le conseil <strong>écoute<\/strong>/);
    await post(url(issue, '/publish'));
    assert.match(await (await publicPage(issue)).text(), /<strong>listened<\/strong>/);
    assert.match(await (await publicPage(issue, '?lang=fr')).text(), /<strong>écoute<\/strong>/);
    const feed = await (await visitor(desk.world).get('/newsletter/feed.xml')).text();
    assert.match(feed, /newsletter:[0-9a-f]{24}<\/id>\s*<title>What a week<\/title>/);
    assert.match(await (await visitor(desk.world).get('/newsletter')).text(), /Three things happened/);
    assert.equal((await post(url(issue, '/discard'))).headers.get('location'), path + url(issue), 'it stays');
    await post(url(issue, '/hide'));
    assert.equal((await publicPage(issue)).status, 404);
    const onlyFrench = await write({ 'subject-en': '', 'preview-en': '', 'body-en': '', ...french });
    await post(url(onlyFrench, '/publish'));
    assert.match(await (await publicPage(onlyFrench, '?lang=en')).text(), /<strong>écoute<\/strong>/);
    const same = await write(french);
    assert.notEqual(same.slug, issue.slug, 'two on a day with one subject');
    const actions = await AuditEntry.distinct('action', { subject: String(issue._id) });
    assert.deepEqual(actions.sort(), ['newsletter.hide', 'newsletter.publish', 'newsletter.write']);
    assert.equal((await post(url(same, '/discard'))).headers.get('location'), path);
    assert.equal(await Issue.exists({ _id: same._id }), null);
  });

  it('with mistakes is refused with what was typed kept', async () => {
    for (const [difference, field, message] of [
      [{ 'subject-en': '' }, 'subject-en', /Enter the subject/],
      [{ 'subject-en': 'x'.repeat(151) }, 'subject-en', /Shorten/],
      [{ 'subject-en': 'News\r\nBcc: everybody@example.org' }, 'subject-en', /one line/],
      [{ 'subject-en': 'News\u0007' }, 'subject-en', /control characters/],
      [{ 'preview-en': 'One\nTwo' }, 'preview-en', /one line/],
      [{ 'body-en': 'x'.repeat(50_001) }, 'body-en', /50,001 characters/],
      [{ 'body-en': '![a](b.png)' }, 'body-en', /Pictures/],
      [{ 'subject-fr': 'Seul' }, 'body-fr', /Enter the text in French/],
    ] as const) {
      const form: Record<string, string> = { ...words, ...difference };
      const response = await post('/issues', form);
      const html = await response.text();
      assert.equal(response.status, 422);
      assert.match(errorAt(html, field) ?? '', message);
      assert.equal(valueIn(html, 'body-en'), form['body-en']);
    }
    assert.equal((await post('/issues', { ...words, 'body-en': 'x'.repeat(50_000) })).status, 303);
    assert.equal((await post('/issues', { ...words, 'body-en': 'x'.repeat(1_100_000) })).status, 413);
    for (const id of ['x', '0'.repeat(24)])
      assert.equal((await desk.editor.get(`${path}/issues/${id}`)).status, 404);
  });

  it('saved over by somebody else is shown beside what was typed; neither is lost', async () => {
    const issue = await write();
    const form = { ...words, revision: String(issue.revision) };
    assert.equal((await post(url(issue), { ...form, 'body-en': 'Theirs.' })).status, 303);
    const conflict = await post(url(issue), { ...form, 'body-en': 'Mine.' });
    const html = await conflict.text();
    assert.equal(conflict.status, 409);
    assert.equal(valueIn(html, 'body-en'), 'Mine.');
    assert.match(textOf(html), /Saved now.*Theirs\./);
  });

  it('is tried by a mail to oneself in each language, and nobody else gets it', async () => {
    const [reader] = await readers(1);
    const issue = await write({ 'subject-fr': 'Quelle semaine', 'body-fr': 'En mai.' });
    const before = desk.mailsTo(desk.editor.organizer).length;
    await desk.run(taskIn(await post(url(issue, '/test'))));
    const subjects = desk
      .mailsTo(desk.editor.organizer)
      .slice(before)
      .map(({ subject }) => subject);
    assert.deepEqual(subjects, ['[Test] What a week', '[Test] Quelle semaine']);
    assert.deepEqual(received([reader ?? { email: '' }]), [0]);
  });
});

describe('sending an issue', () => {
  it('reaches everybody on the list in their language and nobody else, with one click to stop it', async () => {
    const { world, platform, run } = desk;
    const english = await makeReader(platform);
    const french = await makeReader(platform, { language: 'fr', name: undefined });
    const no = [
      await makeReader(platform, { state: 'pending', subscribedAt: undefined }),
      await makeReader(platform, { state: 'unsubscribed' }),
    ];
    const bounced = await makeReader(platform);
    await suppressAddress(bounced.emailKey, 'all', 'bounced');
    const again = await makeReader(platform, { subscribedAt: new Date() });
    await suppressAddress(again.emailKey, 'updates', 'unsubscribed', new Date(Date.now() - 86_400_000));
    const issue = await write({ 'subject-fr': 'Quelle semaine', 'body-fr': 'En mai.' });
    assert.match(await page(issue), /3 people would get it: everybody on the list, without 1 who must not/);
    const task = taskIn(await askToSend(issue));
    assert.equal((await publicPage(issue)).status, 200, 'sending shows it on the web');
    await run(task);
    assert.deepEqual(received([english, french, bounced, again, ...no]), [1, 1, 0, 1, 0, 0]);
    const [mail] = desk.mailsTo(english);
    assert.equal(mail?.subject, 'What a week');
    assert.match(mail?.html ?? '', /Three things happened[\s\S]*<strong>listened<\/strong>/);
    assert.match(
      mail?.text ?? '',
      /Hello Rita Reader[\s\S]*subscribed to the newsletter[\s\S]*1 Example Street/,
    );
    const header = (name: string) => mail?.headers.find(({ key }) => key === name)?.value;
    const stop = newsletterLink(world, english.email, 'unsubscribe');
    assert.equal(header('list-unsubscribe'), `<${world.env.BASE_URL}${stop}>`);
    assert.equal(header('list-unsubscribe-post'), 'List-Unsubscribe=One-Click');
    assert.equal(desk.mailsTo(french)[0]?.subject, 'Quelle semaine');
    const ended = await taskOf(task);
    assert.equal(ended.state, 'done');
    assert.deepEqual(ended.outcomes, outcomes({ sent: 3, suppressed: 1 }));
    assert.match(await page(issue), /Done 4 of 4.*took the mail to 3 people/);
    assert.equal((await askToSend(issue)).status, 409);
    const kept = JSON.stringify([
      ...[await Task.find({ _id: task }).lean(), await AuditEntry.find({}).lean()],
      await Mailing.find({ petition: issue._id }).lean(),
    ]);
    assert.ok(!kept.includes(english.email));
    // Who is forgotten leaves no trace of which issues they got.
    const own = newsletterLink(world, english.email, 'own');
    assert.equal((await visitor(world).post(`${own}/erasure`)).status, 200);
    assert.equal(await Mailing.exists({ _id: `issue:${issue._id}:${english.emailKey}` }), null);
  });

  it('begins once when two ask at once, says so when nobody is on the list, and not what somebody changed', async () => {
    const issue = await write();
    const nobody = await askToSend(issue);
    assert.equal(nobody.status, 409);
    assert.match(await nobody.text(), /nobody is on the list/);
    assert.equal((await Issue.findById(issue._id).lean())?.publishedAt, undefined);
    const people = await readers(3);
    const wrong = await post(url(issue, '/send'), { revision: '99' });
    assert.match(await wrong.text(), /Somebody changed this issue/);
    const other = await signInAs(desk.world, 'editor');
    const answers = await Promise.all([askToSend(issue), askToSend(issue, other)]);
    assert.deepEqual(answers.map(({ status }) => status).sort(), [303, 409]);
    const task = String((await Issue.findById(issue._id).lean())?.sending?.task);
    await Promise.all([desk.run(task), desk.run(task)]);
    await Task.updateOne(
      { _id: task },
      { $set: { state: 'waiting', cursor: null, leaseUntil: new Date(0) } },
    );
    await desk.run(task);
    assert.deepEqual(received(people), [1, 1, 1], 'a step that runs again mails nobody twice');
    // A process that died between the decision and the work: whoever asks next begins the same work.
    await Task.deleteOne({ _id: task });
    assert.match(await page(issue), /cut short before the first mail/);
    const latest = await Issue.findById(issue._id).orFail().lean<Issue>();
    assert.equal(taskIn(await askToSend(latest)), task);
    const moderator = await signInAs(desk.world, 'moderator');
    assert.equal((await askToSend(issue, moderator)).status, 403);
  });

  it('can be paused and goes on; says what stood there when it began; leaves out who left between two steps', async () => {
    const people = await readers(12);
    const issue = await write();
    const task = taskIn(await askToSend(issue));
    await runTask(desk.tools, task, {
      async newsletterIssue(given, at) {
        const step = await sendIssue(given, at, { ...usualWork, step: 0 });
        assert.equal((await desk.editor.post(`/organize/tasks/${task}/pause`)).status, 303);
        return step;
      },
    });
    const half = received(people).filter(Boolean).length;
    assert.equal(half, usualWork.atOnce);
    assert.equal((await taskOf(task)).state, 'paused');
    const changed = { ...words, revision: String(issue.revision), 'body-en': 'Something else altogether.' };
    assert.equal((await post(url(issue), changed)).status, 303);
    assert.match(await page(issue), /text was changed since/);
    const [leaves] = people.filter((_, n) => received(people)[n] === 0);
    const stop = `/newsletter/unsubscribe/${desk.platform.tokens.issue('leave', leaves?._id ?? issue._id)}`;
    assert.equal((await visitor(desk.world).post(stop)).status, 200);
    assert.ok(await steerTask(desk.platform, (await taskOf(task))._id, 'resume'));
    await desk.run(task);
    assert.equal(received(people).filter(Boolean).length, 11);
    assert.deepEqual(received([leaves ?? { email: '' }]), [0]);
    const texts = desk.world.mailbox.mails.slice(-11).map(({ text }) => text ?? '');
    assert.ok(texts.every((text) => text.includes('listened') && !text.includes('altogether')));
    const { summary, outcomes: ended } = await taskOf(task);
    assert.deepEqual(ended, outcomes({ sent: 11 }));
    assert.match(summary ?? '', /1 person had withdrawn or changed their mind/);
  });

  it('tries again what the server put off, and says what it refused and why', async () => {
    const people = await readers(4);
    const [off, full] = people;
    desk.world.mailbox.behave((address) =>
      address === off?.email ? 'refuses for now' : address === full?.email ? 'refuses for good' : 'takes',
    );
    const issue = await write();
    const task = taskIn(await askToSend(issue));
    await desk.run(task);
    assert.deepEqual((await taskOf(task)).outcomes, outcomes({ sent: 2, refused: 1, deferred: 1 }));
    desk.world.mailbox.behave('takes');
    await later(task);
    await desk.run(task);
    assert.deepEqual(received(people), [1, 0, 1, 1]);
    assert.deepEqual((await taskOf(task)).outcomes, outcomes({ sent: 3, refused: 1 }));
    assert.match(
      await page(issue),
      /What the mail server said Refused, 1 mail: 550: there is no such mailbox/,
    );
  });
});

describe('what readers write below an issue', () => {
  const comment = (issue: Issue, form: Record<string, string>) =>
    visitor(desk.world).post(`/newsletter/${issue.slug}/comments`, form);
  const storedBelow = (issue: Issue) => NewsletterComment.findOne({ issue: issue._id }).lean();
  async function mailFor(issue: Issue) {
    for (const { _id } of await NewsletterComment.find({ issue: issue._id }).lean())
      await sendCommentMail(desk.tools, String(_id));
  }

  it('is confirmed by mail, looked at by a moderator, and only then read by everybody', async () => {
    const { world } = desk;
    const issue = await makeIssue();
    const form = commentForm({ comment: 'It rained.\nWe stayed.', mayPrint: 'on' });
    const answers = await Promise.all([comment(issue, form), comment(issue, form)]);
    for (const { status, headers } of answers)
      assert.deepEqual(
        [status, headers.get('location')],
        [303, `/newsletter/${issue.slug}/comments/received`],
      );
    await mailFor(issue);
    await mailFor(issue);
    assert.equal(world.mailbox.to(form.email ?? '').length, 1, 'the same thing twice is there once');
    const link = newsletterLink(world, form.email ?? '', 'comments');
    const queue = async () => textOf(await (await desk.editor.get(`${path}/comments`)).text());
    assert.doesNotMatch(await queue(), /It rained/, 'nobody sees it before it is confirmed');
    assert.equal((await visitor(world).get(link)).status, 200);
    assert.equal((await storedBelow(issue))?.state, 'pending', 'looking changes nothing');
    for (const _ of [1, 2])
      assert.match(await (await visitor(world).post(link)).text(), /moderator will look/);
    assert.match(await queue(), /Carl Comment.*It rained.*May be printed/);
    assert.doesNotMatch(await (await publicPage(issue)).text(), /It rained/);
    assert.equal(await Subscriber.countDocuments({}), 0, 'writing puts nobody on the list');
    const stored = await storedBelow(issue);
    assert.equal(stored?.consent.length, 2);
    assert.ok(!JSON.stringify(stored).includes('rained'), 'sealed');

    const moderator = await signInAs(world, 'moderator', { name: 'Mo' });
    const decide = (form: Record<string, string>, who = moderator) =>
      post(`/comments/${stored?._id}/decision`, form, who);
    assert.equal((await decide({ decision: 'refuse' })).status, 422);
    assert.equal((await post(`/comments/${stored?._id}/claim`, {}, desk.editor)).status, 303);
    assert.match(await (await decide({ decision: 'approve' })).text(), /Eda Editor is looking at this/);
    await post(`/comments/${stored?._id}/release`, {}, desk.editor);
    const refuse = { decision: 'refuse', hide: 'all', reason: 'offTopic', note: 'about the weather' };
    assert.equal((await decide(refuse)).status, 303);
    assert.equal((await decide({ decision: 'approve' })).status, 409, 'decided already');
    const own = newsletterLink(world, form.email ?? '', 'own');
    assert.match(textOf(await (await visitor(world).get(own)).text()), /Not shown\. The moderators’ reason/);
    await post(`/comments/${stored?._id}/undo`, {}, moderator);
    assert.equal((await decide({ decision: 'approve' })).status, 303);
    assert.match(await (await publicPage(issue)).text(), /It rained/);
    const actions = await AuditEntry.find({ subject: String(stored?._id) })
      .sort({ seq: 1 })
      .lean();
    assert.deepEqual(
      actions.map(({ action }) => action),
      ['newsletter.refuse', 'newsletter.undo', 'newsletter.approve'],
    );
    assert.ok(!JSON.stringify(actions).includes('rained'));

    const removed = await visitor(world).post(`${own}/comments/${stored?._id}/removal`);
    assert.equal(removed.status, 200);
    assert.doesNotMatch(await (await publicPage(issue)).text(), /It rained/);
    assert.equal((await visitor(world).get(own)).status, 404);
  });

  it('with mistakes is refused with what was typed kept; to an issue that is not there it is not found', async () => {
    const issue = await makeIssue();
    for (const [difference, field] of [
      [{ comment: '' }, 'comment'],
      [{ comment: 'x'.repeat(50_000) }, 'comment'],
      [{ comment: 'buy at www.example.org' }, 'comment'],
      [{ name: '' }, 'name'],
      [{ name: 'Carl\r\nBcc: x@example.org' }, 'name'],
      [{ email: 'x' }, 'email'],
    ] as const) {
      const form = commentForm(difference);
      const response = await comment(issue, form);
      const html = await response.text();
      assert.equal(response.status, 422);
      assert.ok(errorAt(html, field), field);
      assert.equal(valueIn(html, 'comment'), form.comment);
    }
    assert.equal(await storedBelow(issue), null);
    const draft = await makeIssue({ publishedAt: undefined });
    assert.equal((await comment(draft, commentForm())).status, 404);
    const other = await makeComment(desk.platform, issue);
    const mine = await makeReader(desk.platform);
    const own = `/newsletter/own/${desk.platform.tokens.issue('newsletter', mine._id)}`;
    await visitor(desk.world).post(`${own}/comments/${other.id}/removal`);
    assert.ok(await NewsletterComment.exists({ _id: other._id }), 'somebody else’s comment stays');
  });

  it('is deleted when nobody confirmed it for 30 days, or it was not shown for a year', async () => {
    const issue = await makeIssue();
    const ago = (seconds: number) => new Date(Date.now() - (seconds + 60) * 1_000);
    const review = { settled: true, at: new Date() };
    const unconfirmed = ago(periods.pendingKept);
    await makeComment(desk.platform, issue, { state: 'pending', createdAt: unconfirmed });
    const year = { createdAt: ago(periods.personalDataKept), confirmedAt: ago(periods.personalDataKept) };
    await makeComment(desk.platform, issue, { ...year, review: { ...review, shows: 'nothing' } });
    await makeComment(desk.platform, issue, year);
    const kept = [
      await makeComment(desk.platform, issue, { ...year, review: { ...review, shows: 'all' } }),
      await makeComment(desk.platform, issue, { state: 'pending' }),
    ];
    assert.deepEqual(await forgetOldReaders(new Date()), { subscribers: 0, comments: 3 });
    const left = await NewsletterComment.distinct('_id', { issue: issue._id });
    assert.deepEqual(left.map(String).sort(), kept.map(({ id }) => id).sort());
  });

  it('is printed in an issue where its writer agreed, and gone from it once they take it back', async () => {
    const { platform, world } = desk;
    const from = await makeIssue();
    const review = { settled: true, shows: 'all', at: new Date() };
    const yes = await makeComment(platform, from, {
      ...{ review, mayPrint: true, comment: 'It *rained* [there].\n# We stayed', name: 'Carl <b>C</b>' },
    });
    const notAgreed = await makeComment(platform, from, { review });
    const notApproved = await makeComment(platform, from, { mayPrint: true });
    const issue = await write({ 'subject-fr': 'Quelle semaine', 'body-fr': 'En mai.' });
    assert.match(await page(issue), /Carl/);
    const chosen = Object.fromEntries([yes, notAgreed, notApproved].map(({ id }) => [`print-${id}`, 'on']));
    const put = (revision: number) =>
      post(url(issue, '/comments'), { ...chosen, 'print-x': 'on', lang: 'en', revision: String(revision) });
    assert.equal((await put(99)).status, 409);
    assert.equal((await put(issue.revision)).status, 303);
    assert.equal((await put(issue.revision + 1)).status, 303);
    const stored = await Issue.findById(issue._id).orFail().lean<Issue>();
    assert.equal(stored.texts?.en?.body, `The council **listened**.\n\n[[comment ${yes.id}]]`);
    assert.equal(stored.texts?.fr?.body, 'En mai.');
    await readers(1);
    await desk.run(taskIn(await askToSend(stored)));
    const mail = world.mailbox.mails.at(-1);
    const html = unescapeHtml(mail?.html ?? '');
    assert.match(
      html,
      /<blockquote[^>]*>[\s\S]*It \*rained\* \[there\]\.[\s\S]*# We stayed[\s\S]*— Carl <b>C/,
    );
    assert.doesNotMatch(mail?.html ?? '', /<b>C/);
    assert.match(mail?.text ?? '', /> It \*rained\* \[there\]\./);
    assert.match(await (await publicPage(stored)).text(), /<blockquote>/);
    const own = `/newsletter/own/${platform.tokens.issue('newsletter', yes._id)}`;
    assert.match(textOf(await (await visitor(world).get(own)).text()), /It is printed in an issue/);
    assert.equal((await visitor(world).post(`${own}/erasure`)).status, 200);
    const after = await (await publicPage(stored)).text();
    assert.doesNotMatch(after, /rained|\[\[comment/);
  });
});
