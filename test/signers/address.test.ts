import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { domainOf, parseAddress } from '../../server/signers/address.ts';

const canonical = (typed: string) => parseAddress(typed)?.canonical;

describe('the canonical address', () => {
  const table: [string, string, string][] = [
    ['case never matters', 'Robin@Example.ORG', 'robin@example.org'],
    ['spaces around are not part of it', '  robin@example.org\t', 'robin@example.org'],
    ['dots are ignored where the provider ignores them', 'r.o.b.i.n@gmail.com', 'robin@gmail.com'],
    ['tags are ignored where the provider ignores them', 'robin+petition@gmail.com', 'robin@gmail.com'],
    ['dots, tag and case together', 'R.Obin+A.b@GMail.com', 'robin@gmail.com'],
    ['an alias of the domain is the same mailbox', 'robin@googlemail.com', 'robin@gmail.com'],
    ['dots matter where the provider says nothing', 'r.obin@example.org', 'r.obin@example.org'],
    ['tags matter where the provider says nothing', 'robin+a@example.org', 'robin+a@example.org'],
    ['dots matter at Outlook, tags do not', 'r.obin+a@outlook.com', 'r.obin@outlook.com'],
    ['Outlook and Hotmail are different mailboxes', 'robin@hotmail.com', 'robin@hotmail.com'],
    ['Proton ignores dots, dashes and underscores', 'r.o-b_in+x@pm.me', 'robin@proton.me'],
    ['iCloud has three names', 'robin+x@mac.com', 'robin@icloud.com'],
    ['Yahoo marks tags with a dash', 'robin-shopping@yahoo.com', 'robin@yahoo.com'],
    ['and does not know the plus', 'robin+a@yahoo.com', 'robin+a@yahoo.com'],
    ['an address that is all tag keeps itself', '+petition@gmail.com', '+petition@gmail.com'],
    ['an international domain has one spelling', 'Robin@BÜCHER.example', 'robin@xn--bcher-kva.example'],
    ['which is the one machines write', 'robin@xn--bcher-kva.example', 'robin@xn--bcher-kva.example'],
    ['a full-width domain is folded', 'robin@ｅｘａｍｐｌｅ.org', 'robin@example.org'],
  ];
  for (const [why, typed, expected] of table) {
    it(`${why}: ${typed.trim()}`, () => assert.equal(canonical(typed), expected));
  }

  it('keeps the spelling that mail is sent to', () => {
    assert.equal(parseAddress('R.Obin+x@GMail.com')?.address, 'R.Obin+x@gmail.com');
    assert.equal(domainOf('R.Obin+x@gmail.com'), 'gmail.com');
  });
});

describe('what cannot be mailed is no address', () => {
  const refused = [
    ...['', ' ', '@', 'robin', 'robin@', '@example.org', 'robin@example', 'robin@localhost'],
    ...['robin@@example.org', 'a@b@example.org', 'robin smith@example.org', 'robin@exam ple.org'],
    ...['.robin@example.org', 'robin.@example.org', 'ro..bin@example.org', 'robin@.example.org'],
    ...[
      'robin@example..org',
      'robin@-example.org',
      'robin@example-.org',
      'robin@127.0.0.1',
      'robin@[127.0.0.1]',
    ],
    ...['robin@example.org\r\nBcc: suzie@example.org', 'robin\n@example.org', '"robin"@example.org'],
    ...[
      'robin<x>@example.org',
      'Robin <robin@example.org>',
      'robin@example.org,suzie@example.org',
      'rübin@example.org',
    ],
    ...[
      'robin@example.org?subject=x',
      'robin@example.org/x',
      'robin@example.o',
      'robin@exam%70le.org',
      'robin@exam\tple.org',
      'robin@example.org:25',
      'robin%00@exa\0mple.org',
    ],
    ...[`${'a'.repeat(65)}@example.org`, `robin@${'a'.repeat(64)}.org`, `robin@${'abcdefgh.'.repeat(30)}org`],
  ];
  for (const typed of refused) {
    it(`refuses ${JSON.stringify(typed.slice(0, 50))}`, () => assert.equal(parseAddress(typed), undefined));
  }
});
