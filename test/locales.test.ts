import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import english from '../locales/en.json' with { type: 'json' };
import french from '../locales/fr.json' with { type: 'json' };
import { translate } from '../server/locales.ts';
import { kindWords } from '../server/petitions/kinds.ts';
import { signatureForm } from '../server/signatures/form.ts';
import { filesIn, keysOf, read } from './support/sources.ts';

const kinds = Object.keys(kindWords);
const plural = /_(zero|one|two|few|many|other)$/;
const en = new Set(keysOf(english));
const fr = new Set(keysOf(french));
const stems = (keys: Set<string>) => [...new Set([...keys].map((key) => key.replace(plural, '')))].sort();
const has = (key: string) => en.has(key) || en.has(`${key}_other`);
const textOf = (locale: object, key: string): string =>
  String(key.split('.').reduce<unknown>((found, part) => (found as Record<string, unknown>)?.[part], locale));

describe('the English and the French texts', () => {
  it('have the same keys', () => assert.deepEqual(stems(fr), stems(en)));

  it('have every plural that their language needs', () => {
    const counted = [...en].filter((key) => key.endsWith('_other')).map((key) => key.replace(plural, ''));
    assert.ok(counted.length > 3);
    for (const key of counted)
      for (const language of ['en', 'fr'] as const)
        for (const count of [0, 1, 2, 5, 1_000, 1_000_000]) assert.ok(translate(language, key, { count }));
  });

  it('are filled in everywhere, with the same values to put in', () => {
    const values = (text: string) => [...new Set(text.match(/\{\{\w+\}\}/g) ?? [])].sort();
    for (const key of en) {
      if (plural.test(key)) continue;
      const [one, other] = [textOf(english, key), textOf(french, key)];
      assert.ok(one.trim() && other.trim(), key);
      assert.deepEqual(values(other), values(one), key);
    }
  });
});

describe('every text that is asked for is there', () => {
  it('by the templates', () => {
    const asked = filesIn('views', '.hbs').flatMap((file) =>
      [...read(file).matchAll(/[{(]\s*t '([^']+)'/g)].map(([, key]) => ({ file, key: key ?? '' })),
    );
    assert.ok(asked.length > 100);
    for (const { file, key } of asked) assert.ok(has(key), `${file} asks for ${key}`);
  });

  it('by the code, where it names one', () => {
    const asked = [...filesIn('server', '.ts'), ...filesIn('workers', '.ts')].flatMap((file) =>
      [...read(file).matchAll(/translate\(\s*\w+,\s*'([^']+)'/g)].map(([, key]) => ({
        file,
        key: key ?? '',
      })),
    );
    assert.ok(asked.length > 5);
    for (const { file, key } of asked) assert.ok(has(key), `${file} asks for ${key}`);
  });

  it('for whatever may be wrong with a form', () => {
    const long = 'x'.repeat(40_000);
    const tries = ['', ' ', long, '\u0001', 'https://example.org', 'x@', '<', '=', 'ZZ'];
    for (const typed of tries) {
      const fields = ['name', 'email', 'country', 'region', 'postalCode', 'comment'];
      const parsed = signatureForm.safeParse(Object.fromEntries(fields.map((field) => [field, typed])));
      for (const { path, message } of parsed.error?.issues ?? [])
        assert.ok(
          has(`form.error.${String(path[0])}.${message}`),
          `form.error.${String(path[0])}.${message}`,
        );
    }
    for (const { path, message } of signatureForm.safeParse({}).error?.issues ?? [])
      assert.ok(has(`form.error.${String(path[0])}.${message}`), message);
  });

  it('in the words of a kind, where one has its own for it', () => {
    const asked = [...filesIn('views', '.hbs')].flatMap((file) =>
      [...read(file).matchAll(/[{(]\s*t '([^']+)'/g)].map(([, key]) => key ?? ''),
    );
    const own = kinds.flatMap((kind) =>
      stems(en)
        .filter((key) => key.startsWith(`${kind}.`) && has(key.slice(kind.length + 1)))
        .map((key) => key.slice(kind.length + 1)),
    );
    assert.ok(own.length > 50);
    const byCode =
      /^(consent\.|form\.error\.|mail\.\w+\.subject$|share\.text$|card\.|pack\.|phase\.|mail\.milestone\.)/;
    for (const key of own) assert.ok(asked.includes(key) || byCode.test(key), `nobody asks for ${key}`);
  });

  it('is an error where it is not', () =>
    assert.throws(() => translate('fr', 'no.such.text'), /no\.such\.text/));
});
