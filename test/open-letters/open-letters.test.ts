import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { AuditEntry } from '../../server/audit/entry.ts';
import type { Petition } from '../../server/petitions/petition.ts';
import { Signature } from '../../server/signatures/signature.ts';
import {
  decideAs,
  makeOpenLetter,
  organisationForm,
  signAs,
  signatoriesPath,
} from '../support/open-letters.ts';
import { type SignedInVisitor, signInAs } from '../support/organizer.ts';
import { textOf } from '../support/page.ts';
import { type OpenPlatform, openPlatform } from '../support/platform.ts';
import { assertExact, settle } from '../support/tally.ts';
import { visitor } from '../support/visitor.ts';
import { startWorld, type World } from '../support/world.ts';

let world: World;
let platform: OpenPlatform;
let ada: SignedInVisitor;
let ben: SignedInVisitor;
before(async () => {
  world = await startWorld();
  [platform, ada, ben] = await Promise.all([
    openPlatform(world),
    signInAs(world, 'editor', { name: 'Ada Editor' }),
    signInAs(world, 'moderator', { name: 'Ben Moderator' }),
  ]);
});
after(async () => {
  await platform?.close();
  await world?.close();
});

const page = async (path: string): Promise<string> => textOf(await (await visitor(world).get(path)).text());
const letterPage = ({ slug }: Petition, rest = '') => page(`/petitions/${slug}${rest}`);
const listOf = (petition: Petition, query = '') => letterPage(petition, `/signatories${query}`);
const queueOf = async (petition: Petition, query = '', by = ben) =>
  textOf(await (await by.get(signatoriesPath(petition, query))).text());
const stored = async (id: string) => (await Signature.findById(id).lean<Signature>()) as Signature;

describe('an organisation that signs an open letter', () => {
  it('is held until a moderator approves it, then counts and is listed by its name alone', async () => {
    const petition = await makeOpenLetter();
    const form = organisationForm({
      organisation: 'Friends of the Otters',
      website: 'otters.example.org',
      email: 'olive@mail.otters.example.org',
    });
    const otters = await signAs(world, petition, form);
    assert.equal((await stored(otters.id)).state, 'held');
    await settle(petition);
    assert.doesNotMatch(await letterPage(petition), /Otters/);
    assert.doesNotMatch(await listOf(petition), /Otters/);

    const queue = await queueOf(petition);
    assert.match(queue, /Friends of the Otters.*Olive Authorised , Keeper of the seal.*otters\.example\.org/);
    assert.match(queue, /mail\.otters\.example\.org The organisation’s own domain/);
    assert.equal((await decideAs(ben, petition, otters)).status, 303);
    await settle(petition);
    const shown = await letterPage(petition);
    assert.match(shown, /1 organisation and 0 people/);
    assert.match(shown, /Organisations Friends of the Otters Canada/);
    for (const text of [shown, await listOf(petition), await listOf(petition, '?print=1')])
      assert.doesNotMatch(text, /Olive|Keeper|otters\.example/);
    const [entry] = await AuditEntry.find({ petition: petition._id }).lean();
    assert.equal(entry?.action, 'signatory.approve');
    assert.doesNotMatch(JSON.stringify(entry), /Otters|Olive/);
    await assertExact(petition);
  });
});
