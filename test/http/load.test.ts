import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { after, before, describe, it, type TestContext } from 'node:test';
import type { Response as ExpressResponse } from 'express';
import { formLimits, overloadWork } from '../../config/limits.ts';
import { watchLoad } from '../../server/middleware/load.ts';
import type { Petition } from '../../server/petitions/petition.ts';
import { placeOf, Signature } from '../../server/signatures/signature.ts';
import { desktop, openBrowser, openWindow, phone } from '../support/browser.ts';
import { makeForm, makePetition } from '../support/factories.ts';
import { textOf, unescapeHtml } from '../support/page.ts';
import type { OpenPlatform } from '../support/platform.ts';
import { visitor } from '../support/visitor.ts';
import { eventually, startWorld, type World } from '../support/world.ts';
import { dial } from './dial.ts';
import { openOwnApp } from './own-app.ts';

let world: World;
before(async () => {
  world = await startWorld({ web: false, workers: false });
});
after(() => world.close());

const stored = (petition: Petition) => Signature.countDocuments({ petition: petition._id });
const fieldsOf = (html: string) =>
  Object.fromEntries(
    [...html.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)">/g)].map(([, name, value]) => [
      unescapeHtml(name ?? ''),
      unescapeHtml(value ?? ''),
    ]),
  );

describe('a process that is full', () => {
  it('asks a signer to press again, with all they typed on the page, and stores nothing', async (t) => {
    const petition = await makePetition();
    const full = await openOwnApp(world, t);
    full.load.isTooHigh = true;
    const form = makeForm({
      name: '"><script>alert(1)</script> O’Neil & Söhne',
      comment: 'First line\nsecond <b>line</b> <!-- form -->',
      'h-captcha-response': `P1_${'a'.repeat(2_000)}`,
    });
    const response = await visitor(full).sign(petition.slug, form);
    const html = await response.text();
    assert.equal(response.status, 503);
    const again = Number(response.headers.get('retry-after'));
    assert.ok(again >= overloadWork.againFrom && again <= overloadWork.againTo, `${again} s`);
    assert.equal(response.headers.get('cache-control'), 'no-store');
    assert.match(response.headers.get('content-type') ?? '', /^text\/html/);
    assert.deepEqual(fieldsOf(html), form);
    assert.doesNotMatch(html, /<script>|<b>/);
    assert.ok(html.includes(`action="/petitions/${petition.slug}/signatures"`));
    assert.match(textOf(html), /So many people are here right now.*Send it again/);
    const typed = Object.values(form).join('').length;
    assert.ok(html.length < typed + 4_000, `${html.length} bytes for ${typed} that were typed`);
    assert.equal(await stored(petition), 0);
    assert.match(await full.platform.metrics.register.metrics(), /^undersigned_turned_away_total 1$/m);
  });

  it('says so in the language of the form, to each signer in theirs', async (t) => {
    const { slug } = await makePetition();
    const full = await openOwnApp(world, t);
    full.load.isTooHigh = true;
    const told = async (form: Record<string, string>) =>
      textOf(await (await visitor(full).sign(slug, form)).text());
    for (let turn = 0; turn < 2; turn += 1) {
      assert.match(await told(makeForm({ lang: 'fr' })), /beaucoup de monde.*Envoyer à nouveau/);
      assert.match(await told(makeForm()), /So many people.*Send it again/);
    }
  });

  it('sends each signer their own form, never one of somebody else', async (t) => {
    const { slug } = await makePetition();
    const full = await openOwnApp(world, t);
    full.load.isTooHigh = true;
    const forms = Array.from({ length: 30 }, (_, n) => makeForm({ comment: `number ${n}` }));
    const answers = await Promise.all(forms.map((form) => visitor(full).sign(slug, form)));
    for (const [n, answer] of answers.entries()) assert.deepEqual(fieldsOf(await answer.text()), forms[n]);
  });

  it('tells programs by a problem, and when to come back', async (t) => {
    const petition = await makePetition();
    const full = await openOwnApp(world, t);
    full.load.isTooHigh = true;
    const response = await visitor(full, { accept: 'application/json' }).sign(petition.slug, makeForm());
    assert.equal(response.status, 503);
    assert.match(response.headers.get('content-type') ?? '', /^application\/problem\+json/);
    assert.match(response.headers.get('retry-after') ?? '', /^\d+$/);
    const problem = (await response.json()) as { status: number; detail: string };
    assert.equal(problem.status, 503);
    assert.doesNotMatch(JSON.stringify(problem), /robin/i);
  });

  it("never repeats a form that was sent to organizers' pages", async (t) => {
    const full = await openOwnApp(world, t);
    full.load.isFull = true;
    for (const path of ['/organize/sign-in', '/organize/petitions', '/organize']) {
      const response = await visitor(full).post(path, { email: 'robin@example.org', note: 'planted' });
      const html = await response.text();
      assert.equal(response.status, 503, path);
      assert.match(response.headers.get('retry-after') ?? '', /^\d+$/);
      assert.doesNotMatch(html, /planted|robin@example\.org|<form/, path);
    }
  });

  it('refuses what is no form as it always does', async (t) => {
    const { slug } = await makePetition();
    const full = await openOwnApp(world, t);
    full.load.isTooHigh = true;
    const path = `/petitions/${slug}/signatures`;
    assert.equal((await visitor(full).post(path, `name=${'x'.repeat(formLimits.bytes)}`)).status, 413);
    assert.equal((await visitor(full).post(path, 'name=%E0%A4%A')).status, 400);
  });

  it('still shows pages, counts, streams, files and its health', async (t) => {
    const { slug } = await makePetition();
    const full = await openOwnApp(world, t);
    Object.assign(full.load, { isTooHigh: true, isFull: true });
    const page = await (await visitor(full).get(`/petitions/${slug}`)).text();
    const asset = /\/assets\/css\/[^"]+/.exec(page)?.[0] ?? '';
    const paths = ['', '/count.json', '/check-your-email', '/signed'].map(
      (rest) => `/petitions/${slug}${rest}`,
    );
    for (const path of [...paths, '/', asset, '/healthz', '/readyz'])
      assert.equal((await visitor(full).get(path)).status, 200, path);
    const stream = await visitor(full).get(`/petitions/${slug}/events`);
    assert.equal(stream.status, 200);
    await stream.body?.cancel();
    const confirm = await visitor(full).get(`/confirm/${'A'.repeat(43)}`);
    assert.equal(confirm.status, 503);
    assert.match(textOf(await confirm.text()), /You can try again in/);
  });

  it('still lets people confirm when it no longer takes signatures', async (t) => {
    const petition = await makePetition();
    const full = await openOwnApp(world, t);
    const someone = visitor(full);
    assert.equal((await someone.sign(petition.slug, makeForm())).status, 303);
    const signed = await Signature.findOne({ petition: petition._id }).orFail();
    const confirm = `/confirm/${full.platform.tokens.issue('confirm', signed._id)}`;
    full.load.isTooHigh = true;
    assert.equal((await someone.sign(petition.slug, makeForm())).status, 503);
    assert.equal((await someone.get(confirm)).status, 200);
    assert.equal((await someone.post(confirm)).status, 303);
    full.load.isFull = true;
    assert.equal((await someone.get(confirm)).status, 503);
  });

  it('takes the form at the press of the button once it has room, everything in it', async (t) => {
    const petition = await makePetition();
    const full = await openOwnApp(world, t);
    const browser = await openBrowser();
    t.after(() => browser.close());
    const { page, complaints } = await openWindow(browser, { ...desktop, javaScriptEnabled: false }, world);
    await page.goto(`${full.url}/petitions/${petition.slug}`);
    await page.locator('#field-name').fill('Robin "Bobby" O’Neil & Söhne');
    await page.locator('#field-email').fill('robin@example.org');
    await page.locator('#field-country').selectOption('FR');
    await page.locator('#field-comment').fill('First line\n\n  <b>second</b> line');
    await page.locator('#field-showName').check();
    full.load.isTooHigh = true;
    await page.getByRole('button', { name: 'Sign this petition' }).click();
    await page.getByRole('heading', { name: 'So many people are here right now' }).waitFor();
    await page.getByRole('button', { name: 'Send it again' }).click();
    await page.getByRole('heading', { name: 'So many people are here right now' }).waitFor();
    assert.equal(await stored(petition), 0);
    full.load.isTooHigh = false;
    await page.getByRole('button', { name: 'Send it again' }).click();
    await page.waitForURL('**/check-your-email');
    const [signature, ...others] = await Signature.find({ petition: petition._id }).lean<Signature[]>();
    assert.deepEqual(others, []);
    assert.ok(signature);
    const { country, showName, updates, sealed } = signature;
    assert.deepEqual({ country, showName, updates }, { country: 'FR', showName: true, updates: false });
    const typed = (field: 'name' | 'comment') =>
      full.platform.vault.open(sealed?.[field] as Buffer, placeOf(signature, field));
    assert.equal(typed('name'), 'Robin "Bobby" O’Neil & Söhne');
    assert.match(typed('comment'), /^First line\s+<b>second<\/b> line$/);
    assert.deepEqual(
      complaints.filter((complaint) => !complaint.includes('503')),
      [],
    );
  });
});

describe('a process that turns many away', () => {
  it('says so shortly in both languages, keeping every rule for answers, and stores nothing', async (t) => {
    const petition = await makePetition();
    const full = await openOwnApp(world, t, {}, 0);
    full.load.isTooHigh = true;
    const short = await visitor(full).sign(petition.slug, makeForm());
    const html = await short.text();
    assert.equal(short.status, 503);
    const { headers } = short;
    const again = Number(headers.get('retry-after'));
    assert.ok(again >= overloadWork.againFrom && again <= overloadWork.againTo, `${again} s`);
    const usual = (await visitor(full).get('/nowhere')).headers;
    for (const [name, value] of usual)
      if (!/^(date|etag|x-request-id|content-length|content-type)$/.test(name))
        assert.equal(headers.get(name), value, name);
    assert.match(headers.get('x-request-id') ?? '', /^[0-9a-f-]{36}$/);
    assert.equal(headers.get('cache-control'), 'no-store');
    assert.match(headers.get('content-type') ?? '', /^text\/html/);
    assert.match(textOf(html), /reload this page.*rechargez cette page/);
    assert.doesNotMatch(html, /robin/i);
    assert.equal(await stored(petition), 0);
    const { register } = full.platform.metrics;
    const metrics = await register.metrics();
    assert.match(metrics, /^undersigned_turned_away_total 1$/m);
    const route = 'method="POST",route="/petitions/:slug/signatures",status="503"';
    assert.ok(metrics.includes(`undersigned_request_seconds_count{${route}} 1`));
    full.load.isTooHigh = false;
    assert.equal((await visitor(full).sign(petition.slug, makeForm())).status, 303);
  });

  it('answers a program before its form is there, and takes the next request after it', async (t) => {
    const { slug } = await makePetition();
    const full = await openOwnApp(world, t);
    full.load.isTooHigh = true;
    const path = `/petitions/${slug}/signatures`;
    const head = `POST ${path} HTTP/1.1\r\nhost: localhost\r\naccept: application/json\r\n`;
    const line = dial(full.port, t);
    line.socket.write(`${head}content-length: 5000\r\n\r\nname=`);
    await eventually(() => line.said.endsWith('}'), 'it is answered');
    assert.match(line.said, /^HTTP\/1\.1 503 .*application\/problem\+json/s);
    line.socket.write(`${'x'.repeat(4_995)}${head}content-length: 0\r\n\r\n`);
    await eventually(() => line.said.match(/HTTP\/1\.1 503/g)?.length === 2, 'the next one is answered');
  });

  it('gives only the first of each second the page with their form', async (t) => {
    const { slug } = await makePetition();
    const full = await openOwnApp(world, t, {}, 2);
    full.load.isTooHigh = true;
    const pages = await Promise.all(
      Array.from({ length: 30 }, async () => (await visitor(full).sign(slug, makeForm())).text()),
    );
    const whole = pages.filter((html) => html.includes('name="email"')).length;
    assert.ok(whole >= 2 && whole < 30, `${whole} of 30`);
  });

  it('leaves other addresses and methods alone', async (t) => {
    const { slug } = await makePetition();
    const full = await openOwnApp(world, t);
    full.load.isTooHigh = true;
    const get = await visitor(full).get(`/petitions/${slug}/signatures`);
    assert.equal(get.status, 405);
    const deeper = await visitor(full, { accept: 'application/json' }).post(
      `/petitions/${slug}/signatures/more`,
    );
    assert.equal(deeper.status, 404);
  });
});

describe('somebody on a phone who is turned away', () => {
  const typed = {
    name: 'Robin O’Neil & Söhne',
    email: 'robin@example.org',
    comment: 'First line\n  <b>two</b>',
  };
  /** The signing form on a phone, filled in; the browser's clock stands until a test moves it. */
  async function openForm(t: TestContext, forms: number, lang = 'en') {
    const petition = await makePetition();
    const full = await openOwnApp(world, t, {}, forms);
    const browser = await openBrowser();
    t.after(() => browser.close());
    const { page, complaints } = await openWindow(browser, phone, world);
    await page.clock.install();
    const sent: string[] = [];
    page.on('request', (request) => request.method() === 'POST' && sent.push(request.url()));
    await page.goto(`${full.url}/petitions/${petition.slug}?lang=${lang}`);
    for (const [name, value] of Object.entries(typed)) await page.locator(`#field-${name}`).fill(value);
    await page.locator('#field-country').selectOption('FR');
    await page.locator('#field-showName').check();
    full.load.isTooHigh = true;
    return { petition, full, page, sent, complaints, sign: page.locator('[data-sign] button[type=submit]') };
  }
  const storedOnce = async (petition: Petition, platform: OpenPlatform) => {
    const [signature, ...others] = await Signature.find({ petition: petition._id }).lean<Signature[]>();
    assert.ok(signature);
    assert.deepEqual(others, []);
    const of = (field: 'name' | 'comment') =>
      platform.vault.open(signature.sealed?.[field] as Buffer, placeOf(signature, field));
    assert.deepEqual([of('name'), signature.country, signature.showName], [typed.name, 'FR', true]);
    assert.match(of('comment') ?? '', /^First line\s+<b>two<\/b>$/);
    assert.equal(signature.mail?.n, 1, 'one mail was asked for');
  };

  it('is told so, can stop, finds the form as it was, and is taken by itself once there is room', async (t) => {
    const { petition, full, page, sent, complaints, sign } = await openForm(t, 0);
    await sign.click();
    await page.getByRole('heading', { name: 'So many people are here right now' }).waitFor();
    await page.getByText(/We try again by ourselves in \d+ s/).waitFor();
    assert.equal(await page.getByText('Ne plus réessayer').isVisible(), false, 'one language is enough');
    assert.equal(await page.getByText('reload this page').isVisible(), false);
    const again = page.waitForResponse((response) => response.request().method() === 'POST');
    await page.clock.runFor(overloadWork.againTo * 1_000 + 1_000);
    assert.equal((await again).status(), 503, 'it tried again by itself');

    await page.getByRole('button', { name: 'Stop trying' }).click();
    assert.match(await page.locator('main').innerText(), /We stopped trying/);
    await page.clock.runFor(600_000);
    assert.equal(sent.length, 2, 'nothing was sent since');
    await page.getByRole('link', { name: 'Back to the form' }).click();
    for (const [name, value] of Object.entries(typed))
      assert.equal(await page.locator(`#field-${name}`).inputValue(), value);
    assert.equal(await page.locator('#field-showName').isChecked(), true);
    assert.equal(await stored(petition), 0);

    await sign.click();
    await page.getByText(/We try again by ourselves/).waitFor();
    full.load.isTooHigh = false;
    await page.clock.runFor(overloadWork.againTo * 1_000 + 1_000);
    await page.waitForURL('**/check-your-email');
    assert.match(await page.locator('main').innerText(), /robin@example\.org/);
    await storedOnce(petition, full.platform);
    assert.equal(await page.evaluate(() => sessionStorage.getItem('undersigned.form')), null);
    await page.clock.runFor(600_000);
    assert.equal(sent.length, 4);
    assert.deepEqual(
      complaints.filter((complaint) => !complaint.includes('503')),
      [],
    );
  });

  it('need not wait, in their language, with the form on the page or without', async (t) => {
    for (const forms of [0, Number.POSITIVE_INFINITY]) {
      const { petition, full, page, sent, sign } = await openForm(t, forms, 'fr');
      await sign.click();
      await page.getByText(/Nous réessayons tout seuls dans \d+ s/).waitFor();
      assert.equal(await page.getByText('Stop trying').isVisible(), false);
      full.load.isTooHigh = false;
      await page.getByRole('button', { name: 'Envoyer à nouveau' }).click();
      await page.waitForURL('**/check-your-email*');
      assert.equal(sent.length, 2);
      await storedOnce(petition, full.platform);
    }
  });
});

describe('how much there is to do', () => {
  const answers = (n: number) => Array.from({ length: n }, () => new EventEmitter());
  const taken = (load: ReturnType<typeof watchLoad>, responses: EventEmitter[]) => {
    for (const response of responses) load.count(response as unknown as ExpressResponse);
  };
  const holdUpTheLoop = (milliseconds: number) => {
    const end = performance.now() + milliseconds;
    while (performance.now() < end);
  };

  it('is too much at a number of requests under way, until one is answered', (t) => {
    const load = watchLoad();
    t.after(() => load.close());
    const responses = answers(overloadWork.depth);
    taken(load, responses.slice(1));
    assert.equal(load.isTooHigh, false);
    taken(load, responses.slice(0, 1));
    assert.deepEqual([load.depth, load.isTooHigh, load.isFull], [overloadWork.depth, true, false]);
    const others = answers(overloadWork.kept);
    taken(load, others);
    assert.equal(load.isFull, true);
    for (const response of others) response.emit('close');
    assert.equal(load.isFull, false);
    responses[0]?.emit('close');
    assert.deepEqual([load.depth, load.isTooHigh], [overloadWork.depth - 1, false]);
    for (const response of responses.slice(1)) response.emit('close');
    assert.equal(load.depth, 0);
  });

  it('is too much when the event loop runs late with some under way, and not for long', async (t) => {
    const load = watchLoad();
    t.after(() => load.close());
    const responses = answers(overloadWork.some);
    taken(load, responses);
    const busy = setInterval(() => holdUpTheLoop(overloadWork.delay * 3), 1);
    t.after(() => clearInterval(busy));
    await eventually(() => load.isTooHigh, 'it is seen');
    for (const response of responses) response.emit('close');
    assert.equal(load.isTooHigh, false, 'a late event loop alone turns nobody away');
    clearInterval(busy);
    taken(load, answers(overloadWork.some));
    await eventually(() => !load.isTooHigh, 'it recovers', 5_000);
  });
});
