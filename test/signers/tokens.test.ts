import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, it } from 'node:test';
import { Types } from 'mongoose';
import { createTokens, type Purpose } from '../../server/signers/tokens.ts';

const purposes: Purpose[] = ['confirm', 'manage', 'unsubscribe'];

describe('the links in mails', () => {
  const tokens = createTokens(randomBytes(32));
  const id = new Types.ObjectId();

  for (const purpose of purposes) {
    it(`${purpose}: leads back to its signature, and is good for nothing else`, () => {
      const token = tokens.issue(purpose, id);
      assert.match(token, /^[\w-]{43}$/);
      assert.equal(tokens.read(purpose, token)?.toHexString(), id.toHexString());
      for (const other of purposes.filter((each) => each !== purpose)) {
        assert.equal(tokens.read(other, token), undefined, `${purpose} was taken for ${other}`);
      }
    });
  }

  it('is the same each time, so that it need not be stored', () => {
    assert.equal(tokens.issue('confirm', id), tokens.issue('confirm', new Types.ObjectId(id.toHexString())));
  });

  it('cannot be made without the key', () => {
    const forged = createTokens(randomBytes(32)).issue('confirm', id);
    assert.equal(tokens.read('confirm', forged), undefined);
  });

  it('is good for one signature: its id cannot be exchanged, nor any byte changed', () => {
    const bytes = Buffer.from(tokens.issue('confirm', id), 'base64url');
    for (let index = 0; index < bytes.length; index += 1) {
      const changed = Buffer.from(bytes);
      changed[index] = (changed[index] ?? 0) ^ 0x80;
      assert.equal(tokens.read('confirm', changed.toString('base64url')), undefined, `byte ${index}`);
    }
    const other = Buffer.concat([new Types.ObjectId().id, bytes.subarray(12)]);
    assert.equal(tokens.read('confirm', other.toString('base64url')), undefined);
  });

  const malformed = [
    '',
    'x',
    'undefined',
    '../../etc/passwd',
    'é'.repeat(43),
    '='.repeat(43),
    '%00',
    'A'.repeat(43),
  ];
  for (const token of malformed) {
    it(`reads ${JSON.stringify(token.slice(0, 20))} as nothing`, () => {
      assert.equal(tokens.read('confirm', token), undefined);
    });
  }

  it('is not its own prefix, nor itself with something after it', () => {
    const token = tokens.issue('confirm', id);
    for (const wrong of [token.slice(0, -1), `${token}A`, `${token}=`, `${token}\n`, ` ${token}`]) {
      assert.equal(tokens.read('confirm', wrong), undefined);
    }
  });
});
