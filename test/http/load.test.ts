import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { after, before, describe, it } from 'node:test';
import type { Response as ExpressResponse } from 'express';
import { formLimits, overloadWork } from '../../config/limits.ts';
import { watchLoad } from '../../server/middleware/load.ts';
import type { Petition } from '../../server/petitions/petition.ts';
import { placeOf, Signature } from '../../server/signatures/signature.ts';
import { desktop, openBrowser, openWindow } from '../support/browser.ts';
import { makeForm, makePetition } from '../support/factories.ts';
import { textOf, unescapeHtml } from '../support/page.ts';
import { visitor } from '../support/visitor.ts';
import { eventually, startWorld, type World } from '../support/world.ts';
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
    assert.doesNotMatch(html, /<script|<b>/);
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
    full.load.isTooHigh = true;
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
    full.load.isTooHigh = true;
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
    assert.deepEqual([load.depth, load.isTooHigh], [overloadWork.depth, true]);
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
