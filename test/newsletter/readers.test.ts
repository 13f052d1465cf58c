import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { pino } from 'pino';
import { periods, rateLimits } from '../../config/limits.ts';
import { AuditEntry } from '../../server/audit/entry.ts';
import { readMonths } from '../../server/newsletter/audience.ts';
import { Subscriber } from '../../server/newsletter/subscriber.ts';
import { Suppression, suppressAddress } from '../../server/signers/suppression.ts';
import { createViews } from '../../server/views.ts';
import { createMailer } from '../../workers/mailer.ts';
import { findDueNewsletterMails, sendSubscriberMail } from '../../workers/newsletter-mail.ts';
import { applyRetention } from '../../workers/retention.ts';
import { makePetition } from '../support/factories.ts';
import { type SignedInVisitor, signInAs } from '../support/organizer.ts';
import { errorAt, textOf, valueIn } from '../support/page.ts';
import { type OpenPlatform, openPlatform } from '../support/platform.ts';
import { visitor } from '../support/visitor.ts';
import { makeSigner } from '../support/words.ts';
import { eventually, startWorld, type World } from '../support/world.ts';
import { makeIssue, makeReader, newAddress, newsletterLink, readerForm } from './support.ts';

let world: World;
let platform: OpenPlatform;
let mailer: ReturnType<typeof createMailer>;
const views = createViews();
let editor: SignedInVisitor;
before(async () => {
  world = await startWorld({ workers: false });
  platform = await openPlatform(world);
  mailer = createMailer(world.env);
  editor = await signInAs(world, 'editor', { name: 'Eda Editor' });
});
afterEach(async () => {
  world.mailbox.behave('takes');
  await platform.redis.flushall();
  editor = { ...editor, ...(await signInAs(world, 'editor', { name: 'Eda Editor' })) };
});
after(async () => {
  mailer?.close();
  await platform?.close();
  await world?.close();
});

const storedOf = (email: string) =>
  Subscriber.findOne({ emailKey: platform.vault.emailKey(email) }).lean<Subscriber>();

/** Sends what is due to an address, as the worker does. */
async function mail(email: string) {
  const { _id } = (await storedOf(email)) ?? {};
  if (_id) await sendSubscriberMail({ ...platform, mailer, views }, _id.toHexString());
  return world.mailbox.to(email).at(-1);
}
const post = (path: string, form: Record<string, string> = {}) => visitor(world).post(path, form);
const subscribe = (form: Record<string, string>) => post('/newsletter/subscriptions', form);

describe('joining the newsletter', () => {
  it('takes a form, a mail and a button; the evidence says what was agreed to, when and where', async () => {
    const form = readerForm({ lang: 'fr', language: 'fr', from: 'signed' });
    const answer = await subscribe(form);
    assert.equal(answer.status, 303);
    assert.equal(answer.headers.get('location'), '/newsletter/check-your-email?lang=fr');
    const first = await mail(form.email ?? '');
    assert.equal(first?.subject, 'À confirmer\u00a0: l’infolettre de Larkmere Neighbours');
    assert.match(first?.text ?? '', /Bonjour Rita Reader/);
    const link = newsletterLink(world, form.email ?? '', 'confirm');
    for (const _ of [1, 2]) {
      const page = await visitor(world).get(link);
      assert.equal(page.status, 200);
      assert.equal((await page.text()).match(/<button/g)?.length, 1);
    }
    assert.equal((await storedOf(form.email ?? ''))?.state, 'pending', 'looking changes nothing');
    for (const _ of [1, 2]) {
      const confirmed = await post(link);
      assert.equal(confirmed.headers.get('location'), '/newsletter/subscribed?lang=fr');
    }
    const stored = await storedOf(form.email ?? '');
    assert.equal(stored?.state, 'subscribed');
    assert.equal(stored?.source, 'signed');
    const [evidence, ...more] = stored?.consent ?? [];
    assert.equal(more.length, 0);
    assert.match(evidence?.wording ?? '', /^Larkmere Neighbours peut m’envoyer son infolettre/);
    assert.equal(evidence?.page, '/newsletter?from=signed&lang=fr');
    assert.ok(evidence?.version && evidence.at);
    const kept = JSON.stringify(stored);
    assert.ok(
      !kept.includes('Rita') && !kept.includes(form.email ?? 'x'),
      'nothing personal is in the clear',
    );
  });

  it('does not follow from having signed, and its page has no ticked box', async () => {
    const petition = await makePetition();
    const signer = await makeSigner(world, petition);
    assert.equal(await storedOf(signer.email), null);
    const page = await (await visitor(world).get('/newsletter?from=signed')).text();
    assert.equal(valueIn(page, 'consent'), false);
    await makeIssue();
    await new Promise((resolve) => setTimeout(resolve, 1_050)); // the offer is remembered for a second
    const signed = await (await visitor(world).get(`/petitions/${petition.slug}/signed`)).text();
    assert.match(signed, /action="\/newsletter#subscribe"/);
    assert.equal(valueIn(signed, 'newsletter'), false);
  });

  it('is refused with what was typed kept, whatever is wrong', async () => {
    const wrong: [Record<string, string>, string][] = [
      [{ email: '' }, 'email'],
      [{ email: 'nobody' }, 'email'],
      [{ email: 'a@example.org\r\nBcc: b@example.org' }, 'email'],
      [{ email: `${'x'.repeat(50_000)}@example.org` }, 'email'],
      [{ name: 'Rita\r\nBcc: b@example.org' }, 'name'],
      [{ name: 'https://example.org' }, 'name'],
      [{ name: 'x'.repeat(101) }, 'name'],
      [{ name: '\u202eatiR' }, 'name'],
      [{ consent: '' }, 'consent'],
      [{ consent: 'yes' }, 'consent'],
      [{ consentVersion: 'of yesterday' }, 'consent'],
    ];
    for (const [difference, field] of wrong) {
      const form = readerForm(difference);
      const response = await subscribe(form);
      const page = await response.text();
      assert.equal(response.status, 422, JSON.stringify(difference).slice(0, 80));
      assert.ok(errorAt(page, field), `${field}: ${JSON.stringify(difference).slice(0, 80)}`);
      if (field !== 'email') assert.equal(valueIn(page, 'email'), form.email);
      assert.equal(valueIn(page, 'consent'), false, 'nobody else ticks the box');
      assert.equal(
        await Subscriber.exists({ emailKey: platform.vault.emailKeyOf(form.email ?? '') ?? '-' }),
        null,
      );
    }
    const program = await visitor(world).request('/newsletter/subscriptions', {
      method: 'POST',
      body: new URLSearchParams({ email: 'x' }),
      headers: { accept: 'application/json' },
    });
    assert.match(program.headers.get('content-type') ?? '', /problem\+json/);
  });

  it('looks the same whether or not the address is on the list; its owner is told by mail', async () => {
    const form = readerForm();
    const answers = [await subscribe(form)];
    await mail(form.email ?? '');
    await post(newsletterLink(world, form.email ?? '', 'confirm'));
    await Subscriber.updateMany({}, { $set: { 'mail.requestedAt': new Date(0) } });
    answers.push(await subscribe({ ...form, name: 'Mallory' }));
    const [one, other] = await Promise.all(
      answers.map(async (answer) => [answer.status, answer.headers.get('location'), await answer.text()]),
    );
    assert.deepEqual(other, one);
    assert.match((await mail(form.email ?? ''))?.subject ?? '', /already get the newsletter/);
    const text = world.mailbox.to(form.email ?? '').at(-1)?.text ?? '';
    assert.match(text, /Hello Rita Reader/, 'a stranger changes nothing');
    const before = world.mailbox.to(form.email ?? '').length;
    await subscribe(form);
    await mail(form.email ?? '');
    assert.equal(world.mailbox.to(form.email ?? '').length, before, 'not again within a day');
  });

  it('of the same address in parallel is one subscriber and one mail', async () => {
    const form = readerForm();
    const answers = await Promise.all([1, 2, 3, 4].map(() => subscribe(form)));
    assert.deepEqual(
      answers.map(({ status }) => status),
      [303, 303, 303, 303],
    );
    await Promise.all([mail(form.email ?? ''), mail(form.email ?? '')]);
    await mail(form.email ?? '');
    assert.equal(world.mailbox.to(form.email ?? '').length, 1);
    assert.equal(await Subscriber.countDocuments({ emailKey: platform.vault.emailKey(form.email ?? '') }), 1);
  });

  it('is limited, and says until when with what was typed', async () => {
    const form = readerForm();
    for (let n = 0; n < rateLimits.newsletterPerAddress.limit; n += 1) await subscribe(form);
    const response = await subscribe(form);
    assert.equal(response.status, 429);
    assert.ok(Number(response.headers.get('retry-after')) > 0);
    assert.equal(valueIn(await response.text(), 'email'), form.email);
  });

  it('waits for a mail server that is away, and a sweep finds it; one that refuses is not asked again', async () => {
    const form = readerForm();
    await subscribe(form);
    world.mailbox.behave('refuses for now');
    await assert.rejects(() => mail(form.email ?? ''), /did not take/);
    await Subscriber.updateOne(
      { emailKey: platform.vault.emailKey(form.email ?? '') },
      { $set: { 'mail.dueAt': new Date(Date.now() - 120_000) } },
    );
    const stored = await storedOf(form.email ?? '');
    const due = await findDueNewsletterMails(new Date());
    assert.ok(due.subscriberIds.includes(String(stored?._id)));
    world.mailbox.behave('refuses for good');
    await mail(form.email ?? '');
    assert.equal((await storedOf(form.email ?? ''))?.mail?.dueAt, undefined);
    world.mailbox.behave('takes');
    assert.equal(await mail(form.email ?? ''), undefined);
  });

  it('by a link that was never made, or whose time is over, leads to a way back', async () => {
    assert.equal((await visitor(world).get('/newsletter/confirm/nowhere')).status, 404);
    const form = readerForm();
    await subscribe(form);
    await mail(form.email ?? '');
    const link = newsletterLink(world, form.email ?? '', 'confirm');
    await applyRetention(
      pino({ level: 'silent' }),
      new Date(Date.now() + (periods.pendingKept + 60) * 1_000),
    );
    assert.equal(await storedOf(form.email ?? ''), null, 'it is deleted after 30 days');
    const gone = await post(link);
    assert.equal(gone.status, 410);
    assert.match(await gone.text(), /href="\/newsletter"/);
  });
});

describe('leaving the newsletter', () => {
  it('takes one click of a mail program (RFC 8058), and the address is gone at once', async () => {
    const form = readerForm();
    await subscribe(form);
    const received = await mail(form.email ?? '');
    await post(newsletterLink(world, form.email ?? '', 'confirm'));
    const link = newsletterLink(world, form.email ?? '', 'unsubscribe');
    const header = (name: string) => received?.headers.find(({ key }) => key === name)?.value;
    assert.equal(header('list-unsubscribe'), `<${world.env.BASE_URL}${link}>`);
    assert.equal(header('list-unsubscribe-post'), 'List-Unsubscribe=One-Click');
    assert.equal((await visitor(world).get(link)).status, 200);
    assert.equal((await storedOf(form.email ?? ''))?.state, 'subscribed', 'looking changes nothing');
    for (const _ of [1, 2]) assert.equal((await post(link, { 'List-Unsubscribe': 'One-Click' })).status, 200);
    const left = await storedOf(form.email ?? '');
    assert.equal(left?.state, 'unsubscribed');
    assert.equal(left?.sealed?.email, undefined);
    assert.equal(left?.consent.length, 1, 'the evidence stays');
    assert.equal(await Suppression.exists({ _id: left?.emailKey }), null, 'updates they agreed to go on');
    assert.equal((await post(newsletterLink(world, form.email ?? '', 'confirm'))).status, 410);

    await subscribe(form);
    await mail(form.email ?? '');
    await post(newsletterLink(world, form.email ?? '', 'confirm'));
    assert.equal((await storedOf(form.email ?? ''))?.state, 'subscribed', 'they can come back');
  });

  it('follows from asking for no mail at all, and from being forgotten as a signer', async () => {
    const petition = await makePetition();
    for (const way of ['unsubscribe', 'erasure'] as const) {
      const reader = await makeReader(platform);
      const signer = await makeSigner(world, petition, { email: reader.email });
      const path =
        way === 'unsubscribe'
          ? `/unsubscribe/${platform.tokens.issue('unsubscribe', signer._id)}`
          : `/signatures/${platform.tokens.issue('manage', signer._id)}/erasure`;
      assert.equal((await post(path)).status, 200);
      assert.equal((await storedOf(reader.email))?.state, 'unsubscribed', way);
    }
  });

  it('of who had left before and did not come back is remembered by a hash alone', async () => {
    const reader = await makeReader(platform, {
      ...{ state: 'pending', unsubscribedAt: new Date(), createdAt: new Date(0) },
    });
    await applyRetention(pino({ level: 'silent' }));
    const stored = await storedOf(reader.email);
    assert.equal(stored?.state, 'unsubscribed');
    assert.equal(stored?.sealed?.email, undefined);
  });
});

describe('one’s own data', () => {
  it('can be seen, downloaded, and erased for good', async () => {
    const form = readerForm();
    await subscribe(form);
    await mail(form.email ?? '');
    await post(newsletterLink(world, form.email ?? '', 'confirm'));
    const own = newsletterLink(world, form.email ?? '', 'own');
    const page = textOf(await (await visitor(world).get(own)).text());
    assert.match(page, /Rita Reader/);
    assert.match(page, /may e-mail me its newsletter/);
    const download = await post(`${own}/download`);
    assert.match(download.headers.get('content-disposition') ?? '', /attachment/);
    const data = (await download.json()) as { subscription: { email: string } };
    assert.equal(data.subscription.email, form.email);
    const left = await post(`${own}/unsubscription`);
    assert.equal(left.headers.get('location'), `${own}?done=left`);
    assert.match(textOf(await (await visitor(world).get(own)).text()), /your address is deleted/);
    assert.equal((await post(`${own}/erasure`)).status, 200);
    assert.equal((await visitor(world).get(own)).status, 404);
    const stored = await storedOf(form.email ?? '');
    assert.deepEqual([stored?.sealed?.name, stored?.consent.length], [undefined, 0]);
    for (const path of ['/newsletter/own/nowhere', '/newsletter/unsubscribe/nowhere'])
      assert.equal((await visitor(world).get(path)).status, 404);
  });
});

describe('people from a list', () => {
  const csv = (rows: string[]) => `Email;Name;Language\r\n${rows.join('\r\n')}\r\n`;
  async function preview(content: string | Uint8Array<ArrayBuffer>, who = editor) {
    const form = new FormData();
    form.set('file', new Blob([content]), 'list.csv');
    const response = await who.request('/organize/newsletter/people/preview', { method: 'POST', body: form });
    return { status: response.status, page: await response.text() };
  }
  const rowsIn = (page: string) =>
    (/name="rows" value="([^"]*)"/.exec(page)?.[1] ?? '').replaceAll('&quot;', '"');
  const invite = (rows: string, why = 'They came to our meeting') =>
    editor.post('/organize/newsletter/people/invitations', { rows, why });

  it('are asked, never put on it: after a preview, each mailbox once, known ones and who wants no mail left out', async () => {
    const known = await makeReader(platform);
    const gone = await makeReader(platform, { state: 'unsubscribed', sealed: {} });
    const suppressed = newAddress();
    await suppressAddress(platform.vault.emailKey(suppressed), 'updates', 'unsubscribed');
    const [one, two] = [newAddress(), newAddress()];
    const { status, page } = await preview(
      csv([
        ...[`${one};Ada;fr`, `${two};;`, `${one.toUpperCase()};Ada;`, `${known.email};;`, `${gone.email};;`],
        ...[`${suppressed};;`, 'nobody;;', `${newAddress()};=cmd|' /C calc'!A0 https://x.org;`, ';;'],
        `${newAddress()};Bo;Klingon`,
      ]),
    );
    assert.equal(status, 200);
    assert.match(textOf(page), /2 people can be asked\. 7 rows are left out\./);
    assert.match(textOf(page), /The same mailbox as in row 2\./);
    assert.equal(await storedOf(one), null, 'a preview keeps nothing');
    assert.equal((await invite(rowsIn(page), '')).status, 422);
    const answer = await invite(rowsIn(page));
    assert.equal(answer.headers.get('location'), '/organize/newsletter/people?invited=2');
    assert.equal((await invite(rowsIn(page))).headers.get('location')?.split('=')[1], '0', 'twice is once');
    const stored = await storedOf(one);
    assert.deepEqual([stored?.state, stored?.source, stored?.consent.length], ['pending', 'import', 0]);
    const due = await findDueNewsletterMails(new Date());
    assert.ok(due.subscriberIds.includes(String(stored?._id)), 'a sweep mails them');
    assert.match((await mail(one))?.subject ?? '', /^Une invitation à l’infolettre/);
    await post(newsletterLink(world, one, 'confirm'));
    const confirmed = await storedOf(one);
    assert.equal(confirmed?.state, 'subscribed');
    assert.match(confirmed?.consent[0]?.wording ?? '', /peut m’envoyer/, 'what they agreed to is the button');
    await mail(two);
    await post(newsletterLink(world, two, 'unsubscribe'));
    assert.match(textOf((await preview(csv([`${two};;`]))).page), /Nobody can be asked/);
    const [entry] = await AuditEntry.find({ action: 'newsletter.invite' }).sort({ seq: 1 }).lean();
    assert.deepEqual([entry?.why, entry?.details], ['They came to our meeting', { invited: 2, leftOut: 0 }]);
  });

  it('in a file that cannot be read are refused in words, and garbage in place of rows too', async () => {
    const png = Uint8Array.from([0x89, 0x50, 0x4e, 0x47, 0, 0, 0, 0]);
    for (const [content, words] of [
      ['', /nobody in the file/],
      ['Email\r\n', /nobody in the file/],
      ['Name;Town\r\nAda;Larkmere\r\n', /has to name the columns/],
      ['Email\r\n"ada@example.org\r\n', /quotation mark/],
      [png, /no CSV file/],
    ] as const) {
      const { status, page } = await preview(content as string);
      assert.equal(status, 422);
      assert.match(textOf(page), words);
    }
    for (const rows of ['', 'x', '{}', '[{"row":1}]', '[{"row":1,"typed":{"email":1}}]'])
      assert.equal((await invite(rows)).status, 400, rows);
    assert.match(
      textOf((await preview(csv(Array(5_001).fill('a@example.org;;')))).page),
      /more than 5,000 rows/,
    );
  });

  it('whose invitation is unwanted by then get none', async () => {
    const email = newAddress();
    const { page } = await preview(csv([`${email};;`]));
    await invite(rowsIn(page));
    await suppressAddress(platform.vault.emailKey(email), 'updates', 'unsubscribed');
    await mail(email);
    assert.equal(world.mailbox.to(email).length, 0);
  });
});

describe('the addresses', () => {
  it('are exported for a reason that stands in the log, without formulas', async () => {
    const reader = await makeReader(platform, { name: '=SUM(A1)' });
    assert.equal((await editor.post('/organize/newsletter/people/export', { why: ' ' })).status, 422);
    const why = 'To move to another house';
    const response = await editor.post('/organize/newsletter/people/export', { why });
    assert.match(response.headers.get('content-disposition') ?? '', /newsletter-\d{4}-\d\d-\d\d\.csv/);
    const text = await response.text();
    assert.match(text, new RegExp(`${reader.email},'=SUM\\(A1\\),en`));
    const [entry] = await AuditEntry.find({ action: 'newsletter.export' }).lean();
    assert.equal(entry?.why, why);
    assert.ok(!JSON.stringify(entry).includes(reader.email));
    const moderator = await signInAs(world, 'moderator');
    assert.equal((await moderator.post('/organize/newsletter/people/export', { why })).status, 403);
  });

  it('are otherwise only numbers: who joined and who left in each month, and how many that makes', async () => {
    await Subscriber.deleteMany({});
    const now = new Date('2026-11-22T12:00:00Z');
    const at = (day: string) => ({ subscribedAt: new Date(day) });
    await makeReader(platform, at('2026-09-30T23:59:59Z'));
    await makeReader(platform, at('2026-10-01T00:00:00Z'));
    const left = { state: 'unsubscribed', unsubscribedAt: new Date('2026-11-02'), sealed: {} };
    await makeReader(platform, { ...at('2026-10-20'), ...left });
    await makeReader(platform, { state: 'pending', subscribedAt: undefined });
    assert.deepEqual(await readMonths(now, 3), [
      { key: '2026-09', joined: 1, left: 0, atEnd: 1 },
      { key: '2026-10', joined: 2, left: 0, atEnd: 3 },
      { key: '2026-11', joined: 0, left: 1, atEnd: 2 },
    ]);
    const viewer = await signInAs(world, 'viewer');
    const page = await (await viewer.get('/organize/newsletter')).text();
    assert.match(textOf(page), /On the list 2 Not confirmed yet 1/);
    assert.ok(!page.includes('@example.org'));
  });
});

describe('while the database is away', () => {
  it('a form comes back with what was typed, and can be sent again', async () => {
    const form = readerForm();
    await world.database.stop('SIGKILL');
    const response = await subscribe(form);
    const page = await response.text();
    assert.equal(response.status, 503);
    assert.ok(Number(response.headers.get('retry-after')) > 0);
    assert.equal(valueIn(page, 'email'), form.email);
    assert.match(page, /Nothing is lost/);
    await world.restartDatabase();
    await eventually(async () => (await subscribe(form)).status === 303, 'the database is back');
  });
});
