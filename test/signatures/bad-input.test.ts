import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { formLimits } from '../../config/limits.ts';
import type { Petition } from '../../server/petitions/petition.ts';
import { Signature } from '../../server/signatures/signature.ts';
import { makeForm, makePetition } from '../support/factories.ts';
import { errorAt, focusIn, textOf, valueIn } from '../support/page.ts';
import { visitor } from '../support/visitor.ts';
import { startWorld, type World } from '../support/world.ts';

let world: World;
before(async () => {
  world = await startWorld({ workers: false, env: { TRUST_PROXY: '1' } });
});
after(() => world.close());

let people = 0;
/** Somebody with an address of their own, so that no limit is shared. */
function somebody() {
  people += 1;
  return visitor(world, { 'x-forwarded-for': `198.51.100.${people}` });
}

const nothingStored = async (petition: Petition) =>
  assert.equal(await Signature.countDocuments({ petition: petition._id }), 0, 'something was stored');

const hours = (number: number) => new Date(Date.now() + number * 3_600_000);

describe('a field that needs another look', () => {
  const table: [string, string, Record<string, string>, RegExp][] = [
    ['a name that is missing', 'name', { name: '' }, /Enter your name/],
    ['a name of spaces', 'name', { name: '   ' }, /Enter your name/],
    ['a name without a letter', 'name', { name: '12345' }, /Enter your name/],
    [
      'a name with an address of the web',
      'name',
      { name: 'Cheap https://spam.example' },
      /without a web address/,
    ],
    ['a name that is a domain', 'name', { name: 'Visit cheap-pills.com' }, /without a web address/],
    ['a name that is an e-mail address', 'name', { name: 'robin@example.org' }, /without a web address/],
    ['a name with a tag', 'name', { name: '<b>Robin</b>' }, /without a web address/],
    ['a name with a line break', 'name', { name: 'Robin\nExample' }, /cannot be shown/],
    ['a name with an escape character', 'name', { name: 'Robin \x1b[31m' }, /cannot be shown/],
    ['a name that turns text around', 'name', { name: 'Robin \u202eelpmaxE' }, /cannot be shown/],
    ['a name of 101 characters', 'name', { name: 'é'.repeat(formLimits.name + 1) }, /to 100 characters/],
    ['an address that is missing', 'email', { email: '' }, /Enter your e-mail/],
    ['an address that is none', 'email', { email: 'robin at example.org' }, /should look like/],
    ['an address with a second one', 'email', { email: 'a@example.org,b@example.org' }, /should look like/],
    [
      'an address with a header',
      'email',
      { email: 'a@example.org\r\nBcc: b@example.org' },
      /should look like/,
    ],
    ['an address over 254 characters', 'email', { email: `${'a'.repeat(250)}@example.org` }, /too long/],
    ['a country that is missing', 'country', { country: '' }, /Choose your country/],
    ['a country that is unknown', 'country', { country: 'XX' }, /from the list/],
    ['a country that is a name', 'country', { country: 'Canada' }, /from the list/],
    ['a comment of 501 characters', 'comment', { comment: 'ü'.repeat(formLimits.comment + 1) }, /to 500/],
    ['a comment with a link', 'comment', { comment: 'See www.spam.example' }, /without web addresses/],
    ['a comment with a control character', 'comment', { comment: 'Hello\x07' }, /cannot be shown/],
    ['a postal code that is too long', 'postalCode', { postalCode: 'A'.repeat(17) }, /too long/],
    ['a postal code with signs', 'postalCode', { postalCode: '=1+1' }, /does not look like/],
    ['a region that is too long', 'region', { region: 'x'.repeat(101) }, /Shorten the region/],
    [
      'a region with a control character',
      'region',
      { region: 'On\x00tario'.replace('\x00', '\x01') },
      /cannot be used/,
    ],
  ];
  for (const [what, field, bad, message] of table) {
    it(`${what} gets 422, a message there, the focus, and all that was typed`, async () => {
      const petition = await makePetition();
      const good = {
        ...{ name: 'Robin Example', email: `robin-${people}@example.org`, country: 'CA', region: 'Ontario' },
        ...{
          postalCode: 'K1A 0B1',
          comment: 'For "the"\n<ducks>\n\n& me',
          showName: 'on',
          updates: 'on',
          ref: 'stall',
        },
      };
      const typed: Record<string, string> = { ...good, ...bad };
      const response = await somebody().sign(petition.slug, typed);
      const html = await response.text();
      assert.equal(response.status, 422);
      assert.equal(response.headers.get('cache-control'), 'no-store');
      assert.match(errorAt(html, field) ?? 'no message', message);
      assert.deepEqual(focusIn(html), [`field-${field}`]);
      for (const name of ['name', 'email', 'region', 'postalCode', 'comment']) {
        const withoutBreaks = (text: unknown) => String(text).replaceAll(/\r?\n/g, '\n');
        assert.equal(withoutBreaks(valueIn(html, name)), withoutBreaks(typed[name]), name);
      }
      assert.equal(valueIn(html, 'country'), typed.country === 'CA' ? 'CA' : '');
      assert.equal(valueIn(html, 'showName'), true);
      assert.equal(valueIn(html, 'updates'), true);
      assert.match(html, /name="ref" value="stall"/);
      assert.doesNotMatch(html, /<ducks>/);
      await nothingStored(petition);
    });
  }

  it('is named for each field at once, and the focus is on the first', async () => {
    const petition = await makePetition();
    const response = await somebody().sign(petition.slug, {});
    const html = await response.text();
    assert.equal(response.status, 422);
    for (const field of ['name', 'email', 'country']) assert.ok(errorAt(html, field), field);
    for (const field of ['region', 'postalCode', 'comment'])
      assert.equal(errorAt(html, field), undefined, field);
    assert.deepEqual(focusIn(html), ['field-name']);
    assert.match(textOf(html), /3 things need another look/);
    await nothingStored(petition);
  });

  it('is named in French on a French form', async () => {
    const petition = await makePetition();
    const response = await somebody().sign(petition.slug, makeForm({ lang: 'fr', name: '' }));
    const html = await response.text();
    assert.match(html, /<html lang="fr">/);
    assert.ok(errorAt(html, 'name'));
    assert.notEqual(errorAt(html, 'name'), 'Enter your name.');
  });

  it('is named to a program as problem details', async () => {
    const petition = await makePetition();
    const response = await visitor(world, { accept: 'application/json' }).sign(petition.slug, {
      name: 'Robin',
    });
    assert.equal(response.status, 422);
    assert.match(response.headers.get('content-type') ?? '', /^application\/problem\+json/);
    const problem = (await response.json()) as { status: number; errors: Record<string, string> };
    assert.equal(problem.status, 422);
    assert.deepEqual(Object.keys(problem.errors), ['email', 'country']);
  });
});

describe('what is right is taken', () => {
  const names = [
    "Zoë O'Brien-Smith",
    '李小龍',
    'Ağaoğlu Ş.',
    'X Æ A-12',
    'é'.repeat(formLimits.name),
    '👩‍🌾 Robin',
    'J. R. R.',
  ];
  for (const name of names)
    it(`a name such as ${name.slice(0, 20)}`, async () => {
      const petition = await makePetition();
      assert.equal((await somebody().sign(petition.slug, makeForm({ name }))).status, 303);
      assert.equal(await Signature.countDocuments({ petition: petition._id }), 1);
    });

  it('a comment of 500 characters in lines, as browsers send them', async () => {
    const petition = await makePetition();
    const comment = 'The ducks.\r\n'.repeat(40) + '𝒳'.repeat(formLimits.comment - 440);
    assert.equal((await somebody().sign(petition.slug, makeForm({ comment }))).status, 303);
  });

  it('fields that nobody knows change nothing', async () => {
    const petition = await makePetition();
    const more = {
      state: 'confirmed',
      counted: 'true',
      _id: 'x',
      'sealed.name': 'x',
      __proto__: 'x',
      $set: 'x',
    };
    assert.equal((await somebody().sign(petition.slug, makeForm({ ...more, ref: '$where' }))).status, 303);
    const stored = await Signature.findOne({ petition: petition._id }).lean();
    assert.equal(stored?.state, 'pending');
    assert.equal(stored?.counted, null);
    assert.equal(stored?.source ?? undefined, undefined);
  });
});

describe('a body that no browser sends', () => {
  const right = 'name=Robin&email=robin%40example.org&country=CA';
  const bodies: [string, string | Uint8Array<ArrayBuffer>, number[]][] = [
    ['over 64 KiB', `${right}&comment=${'x'.repeat(formLimits.bytes)}`, [413]],
    ['bytes that are not UTF-8', new Uint8Array([...Buffer.from(`${right}&region=`), 0xff, 0xfe]), [400]],
    ['escapes that are not UTF-8', `${right}&region=%ff%fe`, [400]],
    ['a broken escape', `${right}&region=%zz`, [400]],
    ['a NUL', `${right}&region=a%00b`, [400]],
    ['a NUL in the name of a field', `${right}&re%00gion=a`, [400]],
    ['a field twice', `${right}&name=Suzie`, [400]],
    ['a field twice in another spelling', `${right}&n%61me=Suzie`, [400]],
    ['an array', 'name[]=Robin&name[]=Suzie&email=robin%40example.org&country=CA', [400, 422]],
    ['an array by index', 'name[0]=Robin&email=robin%40example.org&country=CA', [422]],
    ['an object', 'name=Robin&email[$ne]=x&country=CA', [422]],
    [
      'an object at the prototype',
      '__proto__[name]=Robin&constructor=x&email=robin%40example.org&country=CA',
      [422],
    ],
    [
      'more fields than any form has',
      `${right}${Array.from({ length: 60 }, (_, n) => `&f${n}=x`).join('')}`,
      [400],
    ],
    ['nothing', '', [422]],
    ['only separators', '&&&===&&', [400, 422]],
  ];
  for (const [what, body, statuses] of bodies) {
    it(`${what} gets ${statuses.join(' or ')}, and nothing is stored`, async () => {
      const petition = await makePetition();
      const own = typeof body === 'string' ? body.replace('robin%40', `robin-${people}%40`) : body;
      const response = await somebody().request(`/petitions/${petition.slug}/signatures`, {
        ...{ method: 'POST', body: own },
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
      });
      assert.ok(statuses.includes(response.status), String(response.status));
      assert.match(await response.text(), /<h1>/);
      await nothingStored(petition);
    });
  }

  const kinds: [string, string, string][] = [
    ['JSON', 'application/json', '{"name":"Robin","email":"robin@example.org","country":"CA"}'],
    ['JSON with objects', 'application/json', '{"email":{"$ne":null}}'],
    ['broken JSON', 'application/json', '{"name":'],
    ['text', 'text/plain', right],
    [
      'parts of a form',
      'multipart/form-data; boundary=x',
      `--x\r\ncontent-disposition: form-data; name="name"\r\n\r\nRobin\r\n--x--`,
    ],
    ['another character set', 'application/x-www-form-urlencoded; charset=utf-16', ''],
  ];
  for (const [what, type, body] of kinds) {
    it(`${what} is no form: 4xx, and nothing is stored`, async () => {
      const petition = await makePetition();
      const response = await somebody().request(`/petitions/${petition.slug}/signatures`, {
        ...{ method: 'POST', body },
        headers: { 'content-type': type },
      });
      assert.ok(response.status >= 400 && response.status < 500, String(response.status));
      await nothingStored(petition);
    });
  }
});

describe('a petition that cannot be signed', () => {
  const table: [string, Record<string, unknown>, number, RegExp][] = [
    ['closed', { closesAt: hours(-1) }, 410, /Signing has ended/],
    ['upcoming', { opensAt: hours(1) }, 409, /You can sign soon/],
    ['withdrawn', { history: [{ outcome: 'withdrawn', at: hours(-1) }] }, 410, /was withdrawn/],
    ['a draft', { publishedAt: undefined }, 404, /There is no page here/],
  ];
  for (const [what, differences, status, says] of table) {
    it(`being ${what} says so with ${status}, and nothing is stored`, async () => {
      const petition = await makePetition(differences);
      const response = await somebody().sign(petition.slug, makeForm());
      assert.equal(response.status, status);
      assert.match(textOf(await response.text()), says);
      await nothingStored(petition);
    });
  }

  it('being unknown says so with 404', async () => {
    const response = await somebody().sign('nothing-of-the-kind', makeForm());
    assert.equal(response.status, 404);
    assert.match(textOf(await response.text()), /There is no page here/);
  });
});
