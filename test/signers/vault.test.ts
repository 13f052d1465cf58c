import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { createVault, deriveKey } from '../../server/signers/vault.ts';

const makeKey = (id: string) => ({ id, key: randomBytes(32) });

describe('sealing personal data', () => {
  const k1 = makeKey('k1');
  const lookup = randomBytes(32);
  const vault = createVault([k1], lookup);

  it('opens to what was sealed, whatever it was', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.string(), (text, place) => {
        assert.equal(vault.open(vault.seal(text, place), place), text);
      }),
      { numRuns: 100 },
    );
  });

  it('hides the text, and the same text twice looks different', () => {
    const one = vault.seal('robin@example.org', 'place');
    const two = vault.seal('robin@example.org', 'place');
    assert.ok(!one.includes('robin'));
    assert.notDeepEqual(one, two);
    assert.ok(one.subarray(1).toString().startsWith('k1'), 'the id of its key goes first');
  });

  it('does not open once any bit of it was changed', () => {
    const sealed = vault.seal('Robin Example', 'place');
    for (let index = 0; index < sealed.length; index += 1) {
      const changed = Buffer.from(sealed);
      changed[index] = (changed[index] ?? 0) ^ 1;
      assert.throws(() => vault.open(changed, 'place'), `byte ${index} was changed and it opened`);
    }
    for (let length = 0; length < sealed.length; length += 1) {
      assert.throws(() => vault.open(sealed.subarray(0, length), 'place'), `cut to ${length} it opened`);
    }
  });

  it('asks for the whole proof: a shortened one is easier to guess', () => {
    const sealed = vault.seal('', 'place');
    for (let missing = 1; missing <= 12; missing += 1) {
      assert.throws(() => vault.open(sealed.subarray(0, -missing), 'place'), `${missing} bytes short`);
    }
  });

  it('does not open in another record or field', () => {
    const sealed = vault.seal('Robin Example', 'petition/robin/name');
    assert.throws(() => vault.open(sealed, 'petition/suzie/name'));
    assert.throws(() => vault.open(sealed, 'petition/robin/comment'));
  });

  it('opens as a view into a larger buffer, as database drivers hand it over', () => {
    const sealed = vault.seal('Robin Example', 'place');
    const larger = Buffer.concat([Buffer.from('before'), sealed, Buffer.from('after')]);
    const view = new Uint8Array(larger.buffer, larger.byteOffset + 6, sealed.length);
    assert.equal(vault.open(view, 'place'), 'Robin Example');
  });

  it('opens old values after the keys were rotated, and seals with the new key', () => {
    const old = vault.seal('Robin Example', 'place');
    const k2 = makeKey('k2');
    const rotated = createVault([k2, k1], lookup);
    assert.equal(rotated.open(old, 'place'), 'Robin Example');
    const fresh = rotated.seal('Robin Example', 'place');
    assert.equal(createVault([k2], lookup).open(fresh, 'place'), 'Robin Example');
    assert.throws(() => vault.open(fresh, 'place'), /ENCRYPTION_KEYS/);
  });

  it('says which setting is short of a key where the key is unknown', () => {
    const sealed = createVault([makeKey('gone')], lookup).seal('Robin', 'place');
    assert.throws(() => vault.open(sealed, 'place'), /ENCRYPTION_KEYS/);
  });

  it('does not open with another key of the same name', () => {
    const sealed = createVault([makeKey('k1')], lookup).seal('Robin', 'place');
    assert.throws(() => vault.open(sealed, 'place'));
  });

  it('needs a key', () => assert.throws(() => createVault([], lookup)));
});

describe('the keyed hash of an address', () => {
  const keys = [makeKey('k1')];
  const lookup = randomBytes(32);
  const vault = createVault(keys, lookup);

  it('is the same for every spelling of a mailbox and no other', () => {
    const hash = vault.emailKeyOf('robin@gmail.com');
    assert.equal(vault.emailKeyOf(' R.O.Bin+x@GoogleMail.com '), hash);
    assert.notEqual(vault.emailKeyOf('robin@example.org'), hash);
    assert.equal(vault.emailKeyOf('not an address'), undefined);
  });

  it('shows nothing of the address and needs the lookup key, not the encryption keys', () => {
    const hash = vault.emailKey('robin@example.org');
    assert.match(hash, /^[\w-]{43}$/);
    assert.equal(createVault([makeKey('k2')], lookup).emailKey('robin@example.org'), hash);
    assert.notEqual(createVault(keys, randomBytes(32)).emailKey('robin@example.org'), hash);
  });

  it('comes from a key of its own purpose', () => {
    assert.notDeepEqual(deriveKey(lookup, 'address'), deriveKey(lookup, 'link/confirm'));
    assert.deepEqual(deriveKey(lookup, 'address'), deriveKey(lookup, 'address'));
  });
});

describe('the keyed hash of a name', () => {
  const vault = createVault([makeKey('k1')], randomBytes(32));

  it('is the same however it is capitalised, accented and spaced, and whatever apostrophe was at hand', () => {
    for (const [one, other] of [
      ['Zoë O’Hara', "  ZOE\u00a0 o'hara "],
      ['José', 'Jose\u0301'],
      ['Anna Groß', 'ANNA GROSS'],
      ['Jean‑Luc Ünal', 'jean-luc unal'],
      ['Ａｄａ', 'ada'],
      ['Ὀδυσσεύς', 'ΟΔΥΣΣΕΥΣ'],
    ] as const)
      assert.equal(vault.nameKey(one), vault.nameKey(other), `${one} and ${other}`);
  });

  it('is another for another name, also where marks make the letters', () => {
    for (const [one, other] of [
      ['Zoe', 'Zoe Example'],
      ['か', 'が'],
      ['कि', 'की'],
      ['Ann Lee', 'Annlee'],
    ] as const)
      assert.notEqual(vault.nameKey(one), vault.nameKey(other), `${one} and ${other}`);
  });
});
