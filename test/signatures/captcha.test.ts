import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { pino } from 'pino';
import { captchaLimits } from '../../config/limits.ts';
import { checkCaptcha } from '../../server/captcha/captcha.ts';
import { Signature } from '../../server/signatures/signature.ts';
import { makeForm, makePetition } from '../support/factories.ts';
import { captchaKeys, forgetAnswers, siteverify, siteverifyIsDown } from '../support/hcaptcha.ts';
import { errorAt, focusIn, textOf, valueIn } from '../support/page.ts';
import { visitor } from '../support/visitor.ts';
import { startWorld, type World } from '../support/world.ts';

let world: World;
before(async () => {
  world = await startWorld({ workers: false, env: { ...captchaKeys, TRUST_PROXY: '1' } });
});
afterEach(forgetAnswers);
after(() => world.close());

const token = 'P1_token-of-a-solved-captcha';
const passed = { success: true, hostname: 'localhost', challenge_ts: '2026-09-04T12:00:00Z' };
const refused = (...codes: string[]) => ({ success: false, 'error-codes': codes });

const signWith = async (response: string | undefined = token) => {
  const petition = await makePetition();
  const typed = makeForm({
    ...{ name: 'Robin & Co', region: 'Ontario', postalCode: 'K1A 0B1', comment: 'The ducks', showName: 'on' },
    ...(response !== undefined && { 'h-captcha-response': response }),
  });
  const answer = await visitor(world, { 'x-forwarded-for': '203.0.113.5' }).sign(petition.slug, typed);
  const stored = await Signature.countDocuments({ petition: petition._id });
  return { petition, typed, status: answer.status, answer, html: await answer.text(), stored };
};

/** The form again, with all that was typed and what is wrong at the captcha. */
function assertKept({ typed, html, stored }: Awaited<ReturnType<typeof signWith>>, message: RegExp): void {
  assert.equal(stored, 0, 'something was stored');
  assert.match(errorAt(html, 'captcha') ?? 'no message', message);
  for (const name of ['name', 'email', 'region', 'postalCode', 'comment'])
    assert.equal(valueIn(html, name), typed[name], name);
  assert.equal(valueIn(html, 'country'), 'CA');
  assert.equal(valueIn(html, 'showName'), true);
  assert.deepEqual(focusIn(html), ['error-summary']);
  assert.doesNotMatch(html, /P1_token/, 'a used token is of no use again');
}

describe('the robot check', () => {
  it('is on the page with our site key, and the banner is not; its script waits for the form', async () => {
    const { slug } = await makePetition();
    const html = await (await visitor(world).get(`/petitions/${slug}`)).text();
    assert.match(html, new RegExp(`class="h-captcha" data-sitekey="${captchaKeys.HCAPTCHA_SITEKEY}"`));
    assert.doesNotMatch(html, /The robot check is off|<script[^>]*hcaptcha/);
  });

  it('lets a signer through that hCaptcha lets through, and is asked with our keys', async () => {
    const { asked } = siteverify(passed);
    const { status, stored } = await signWith();
    assert.equal(status, 303);
    assert.equal(stored, 1);
    assert.deepEqual(Object.fromEntries(asked.form ?? []), {
      secret: captchaKeys.HCAPTCHA_SECRET,
      sitekey: captchaKeys.HCAPTCHA_SITEKEY,
      response: token,
      remoteip: '203.0.113.5',
    });
  });

  it('is not bothered while the rest of the form is wrong, so that the token can be used later', async () => {
    const check = siteverify(passed);
    const { slug } = await makePetition();
    const response = await visitor(world).sign(slug, makeForm({ name: '', 'h-captcha-response': token }));
    assert.equal(response.status, 422);
    assert.equal(check.wasAsked(), false);
  });

  it('missing: 422, and nobody is asked', async () => {
    for (const nothing of [undefined, '']) {
      const check = siteverify(passed);
      const tried = await signWith(nothing ?? '');
      assert.equal(tried.status, 422);
      assertKept(tried, /Tick the box/);
      assert.equal(check.wasAsked(), false);
    }
  });

  it('longer than any token: 422, and nobody is asked', async () => {
    const check = siteverify(passed);
    const tried = await signWith('x'.repeat(captchaLimits.token + 1));
    assert.equal(tried.status, 422);
    assertKept(tried, /did not pass/);
    assert.equal(check.wasAsked(), false);
  });

  const signersErrors: [string, object, RegExp][] = [
    ['expired', refused('expired-input-response'), /has expired/],
    ['replayed', refused('already-seen-response'), /has expired/],
    ['replayed, as hCaptcha used to say it', refused('invalid-or-already-seen-response'), /has expired/],
    ['made up', refused('invalid-input-response'), /did not pass/],
    ['failed for a reason we do not know', refused('something-new'), /did not pass/],
    ['failed for no reason', { success: false }, /did not pass/],
    ['solved on another site', { ...passed, hostname: 'other.example' }, /did not pass/],
    [
      'solved on a site that begins like ours',
      { ...passed, hostname: 'localhost.other.example' },
      /did not pass/,
    ],
  ];
  for (const [what, answer, message] of signersErrors) {
    it(`${what}: 422, all that was typed is kept, nothing is stored`, async () => {
      const check = siteverify(answer);
      const tried = await signWith();
      assert.equal(tried.status, 422);
      assertKept(tried, message);
      assert.ok(check.wasAsked());
    });
  }

  const ourErrors: [string, Parameters<typeof siteverify>[0], number][] = [
    ['our secret is wrong', refused('invalid-input-secret'), 200],
    ['the keys do not go together', refused('sitekey-secret-mismatch'), 200],
    ['the request is not understood', refused('bad-request'), 200],
    ['siteverify answers with a page', '<html>Bad gateway</html>', 502],
    ['siteverify answers with nothing', '', 200],
    ['siteverify answers with null', 'null', 200],
    ['siteverify says that it succeeded, in a word', { success: 'true' }, 200],
  ];
  for (const [what, answer, status] of ourErrors) {
    it(`${what}: 503, all that was typed is kept, nothing is stored`, async () => {
      siteverify(answer, { status });
      const tried = await signWith();
      assert.equal(tried.status, 503);
      assert.match(tried.answer.headers.get('retry-after') ?? '', /^\d+$/);
      assertKept(tried, /cannot be reached right now/);
    });
  }

  it('is down: 503, all that was typed is kept, nothing is stored', async () => {
    siteverifyIsDown();
    const tried = await signWith();
    assert.equal(tried.status, 503);
    assertKept(tried, /cannot be reached right now/);
  });

  it('is slow: after five seconds 503, and its late yes changes nothing', async () => {
    siteverify(passed, { delay: captchaLimits.timeout + 1_000 });
    const begun = Date.now();
    const tried = await signWith();
    assert.equal(tried.status, 503);
    assert.ok(Date.now() - begun < captchaLimits.timeout + 900, 'it waited for the answer');
    assertKept(tried, /cannot be reached right now/);
  });

  it('says no to a program in its own way', async () => {
    siteverify(refused('expired-input-response'));
    const { slug } = await makePetition();
    const form = makeForm({ 'h-captcha-response': token });
    const response = await visitor(world, { accept: 'application/json' }).sign(slug, form);
    assert.equal(response.status, 422);
    const { errors } = (await response.json()) as { errors: Record<string, string> };
    assert.deepEqual(Object.keys(errors), ['captcha']);
  });

  it('refuses a duplicate as it refuses anybody: it cannot be used to ask who signed', async () => {
    const petition = await makePetition();
    const form = makeForm({ 'h-captcha-response': token });
    siteverify(passed);
    assert.equal((await visitor(world).sign(petition.slug, form)).status, 303);
    siteverify(refused('already-seen-response'));
    const again = await visitor(world).sign(petition.slug, form);
    assert.equal(again.status, 422);
    assert.match(textOf(await again.text()), /has expired/);
  });
});

describe("hCaptcha's public test keys, in development", () => {
  const testKeys = {
    HCAPTCHA_SITEKEY: '10000000-ffff-ffff-ffff-000000000001',
    HCAPTCHA_SECRET: '0x0000000000000000000000000000000000000000',
  };
  // What siteverify says with these keys, wherever the box was ticked.
  const testAnswer = { success: true, hostname: 'dummy-key-pass', credit: false };
  const silent = pino({ level: 'silent' });

  it('let everybody pass, as they are meant to', async () => {
    siteverify(testAnswer);
    assert.equal(await checkCaptcha({ ...world.env, ...testKeys }, token, '192.0.2.1', silent), 'passed');
  });

  it('open nothing where the keys are real ones', async () => {
    siteverify(testAnswer);
    assert.equal(await checkCaptcha({ ...world.env, ...captchaKeys }, token, '192.0.2.1', silent), 'failed');
  });
});
