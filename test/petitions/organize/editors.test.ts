import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { AuditEntry } from '../../../server/audit/entry.ts';
import type { Petition } from '../../../server/petitions/petition.ts';
import { phaseOf } from '../../../server/petitions/phase.ts';
import { makePetition } from '../../support/factories.ts';
import { type SignedInVisitor, signInAs } from '../../support/organizer.ts';
import { errorAt, textOf, valueIn } from '../../support/page.ts';
import { startWorld, type World } from '../../support/world.ts';
import { formIn, makePicture, openForm, pathOf, send, stored } from './support.ts';

let world: World;
let ada: SignedInVisitor;
let ben: SignedInVisitor;
let eve: SignedInVisitor;
before(async () => {
  world = await startWorld({ workers: false });
  [ada, ben, eve] = (await Promise.all(
    ['Ada Editor', 'Ben Editor', 'Eve Editor'].map((name) => signInAs(world, 'editor', { name })),
  )) as [SignedInVisitor, SignedInVisitor, SignedInVisitor];
});
after(() => world.close());

type Fields = Record<string, string>;
const save = (who: SignedInVisitor, petition: Petition, form: Fields, file?: Uint8Array<ArrayBuffer>) =>
  send(who, pathOf(petition, 'edit'), form, file);
const done = async (response: Promise<Response>) => {
  const { status, headers } = await response;
  assert.equal(status, 303);
  return headers.get('location') ?? '';
};
/** Both open the form, the first saves, the second sends theirs. */
async function bothEdit(petition: Petition, first: Fields, second: Fields) {
  const [one, other] = [await openForm(petition, first), await openForm(petition, second)];
  await done(save(ada, petition, one));
  return save(ben, petition, other);
}
const askedIn = (html: string): string[] => (/name="asked" value="([^"]*)"/.exec(html)?.[1] ?? '').split(' ');
const question = (number: number, key: string, words: string, more: Fields = {}): Fields => ({
  ...{ [`q${number}-key`]: key, [`q${number}-kind`]: 'text', [`q${number}-en`]: words },
  ...more,
});
const wordsIn = ({ questions }: Petition) => questions.map(({ label }) => label?.en);

describe('two editors who change different fields', () => {
  it('have both changes saved, and the second is told what came along', async () => {
    const petition = await makePetition();
    const response = bothEdit(
      petition,
      { 'en-title': 'By Ada', 'press-name': 'Ada of the press', 'ask-phone': 'required' },
      { 'en-body': 'Ben wrote a new text.', 'goal-number': '700' },
    );
    const location = await done(response);
    const { texts, group, goal, asks, revision, version } = await stored(petition);
    assert.deepEqual([texts?.en?.title, texts?.en?.body], ['By Ada', 'Ben wrote a new text.']);
    assert.deepEqual([group?.pressName, goal?.number, asks?.phone], ['Ada of the press', 700, 'required']);
    assert.deepEqual([revision, version], [2, 3]);
    assert.match(
      textOf(await (await ben.get(location)).text()),
      /together with what somebody else changed .*: Title \(English\), Press contact, Ask for the phone number\./,
    );
    const [, last] = await AuditEntry.find({ petition: petition._id }).sort({ _id: 1 }).lean();
    assert.deepEqual(last?.details, {
      ...{ fields: 'en-body, goal-number', version: 3 },
      merged: 'en-title, press-name, ask-phone',
    });
  });

  it('do not open again what was closed meanwhile', async () => {
    const petition = await makePetition();
    const form = await openForm(petition, { 'press-name': 'Ben' });
    await ada.post(pathOf(petition, 'closing'));
    await done(save(ben, petition, form));
    const { group, ...now } = await stored(petition);
    assert.equal(group?.pressName, 'Ben');
    assert.equal(phaseOf(now, new Date()), 'closed');
  });

  it('keep the picture one of them chose, though the other’s form still names the old one', async () => {
    const petition = await makePetition({ image: { file: 'images/samples/bus.png' } });
    const [one, other] = [
      await openForm(petition, { 'en-imageAlt': 'A bench' }),
      await openForm(petition, { 'press-name': 'Ben' }),
    ];
    await done(save(ada, petition, one, await makePicture()));
    await done(save(ben, petition, other));
    const { image, texts, group } = await stored(petition);
    assert.match(image?.upload ?? '', /^[0-9a-f]{32}$/);
    assert.deepEqual([texts?.en?.imageAlt, group?.pressName], ['A bench', 'Ben']);
  });

  it('whose changes do not fit together are shown the whole form with both', async () => {
    const petition = await makePetition({ closesAt: new Date('2031-06-01T12:00:00Z') });
    const response = await bothEdit(
      petition,
      { closesAt: '2031-03-01T12:00' },
      { opensAt: '2031-04-01T12:00' },
    );
    const html = await response.text();
    assert.equal(response.status, 422);
    assert.match(errorAt(html, 'closesAt') ?? '', /after it opens/);
    assert.equal(valueIn(html, 'closesAt'), '2031-03-01T12:00');
    assert.equal(valueIn(html, 'opensAt'), '2031-04-01T12:00');
    assert.match(textOf(html), /Taken over from there, because you did not change it: Closes\./);
    await done(save(ben, petition, formIn(html, { opensAt: '2031-02-01T12:00' })));
    assert.equal((await stored(petition)).closesAt?.toISOString(), '2031-03-01T12:00:00.000Z');
  });

  it('of whom one moves the time zone are asked, because the other’s time would be another moment', async () => {
    const petition = await makePetition({ timeZone: 'UTC' });
    const response = await bothEdit(petition, { timeZone: 'Europe/Paris' }, { closesAt: '2031-07-01T12:00' });
    const html = await response.text();
    assert.equal(response.status, 409);
    assert.deepEqual(askedIn(html), ['dates']);
    assert.match(textOf(html), /Time zone: Europe\/Paris.*Time zone: UTC Closes: 2031-07-01 12:00/);
    await done(save(ben, petition, formIn(html, { 'choice-dates': 'mine' })));
    const { timeZone, closesAt } = await stored(petition);
    assert.deepEqual([timeZone, closesAt?.toISOString()], ['UTC', '2031-07-01T12:00:00.000Z']);
  });
});

describe('two editors who change the same field', () => {
  const disputed = async () => {
    const petition = await makePetition();
    const response = await bothEdit(
      petition,
      { 'en-title': 'Keep it, says Ada', 'press-name': 'Ada', 'goal-kind': 'auto', 'goal-number': '' },
      { 'en-title': 'Keep it, says Ben', 'en-body': 'Ben’s text.', 'goal-number': '700' },
    );
    assert.equal(response.status, 409);
    return { petition, html: await response.text() };
  };

  it('are shown both texts with what differs marked, and nothing is saved yet', async () => {
    const { petition, html } = await disputed();
    assert.match(textOf(html), /Ada Editor saved this petition while you were editing/);
    assert.deepEqual(askedIn(html), ['en-title', 'goal']);
    assert.match(html, /Keep it, says <mark>Ada<\/mark>[\s\S]*Keep it, says <mark>Ben<\/mark>/);
    assert.match(textOf(html), /Goal: grows as it is reached.*Goal: one number Number aimed for: 700/);
    const form = formIn(html);
    assert.deepEqual([form['en-title'], form['en-body']], ['Keep it, says Ben', 'Ben’s text.']);
    assert.equal(form['press-name'], 'Ada', 'what only Ada changed is in the form');
    assert.equal((await stored(petition)).texts?.en?.title, 'Keep it, says Ada');
  });

  it('choose for each, and the rest of both is saved with it', async () => {
    const { petition, html } = await disputed();
    await done(save(ben, petition, formIn(html, { 'choice-en-title': 'theirs', 'choice-goal': 'mine' })));
    const { texts, goal, group } = await stored(petition);
    assert.equal(texts?.en?.title, 'Keep it, says Ada');
    assert.deepEqual([goal?.kind, goal?.number], ['fixed', 700]);
    assert.deepEqual([texts?.en?.body, group?.pressName], ['Ben’s text.', 'Ada']);
  });

  it('can write a third text, which is theirs to choose', async () => {
    const { petition, html } = await disputed();
    const both = { 'en-title': 'Keep it, say both', 'choice-en-title': 'mine', 'choice-goal': 'theirs' };
    await done(save(ben, petition, formIn(html, both)));
    assert.equal((await stored(petition)).texts?.en?.title, 'Keep it, say both');
    assert.equal((await stored(petition)).goal?.kind, 'auto');
  });

  it('are asked again for what they did not choose, and what they chose stands', async () => {
    const { petition, html } = await disputed();
    for (const choices of [{}, { 'choice-goal': 'neither' }] as Fields[]) {
      const again = await save(ben, petition, formIn(html, choices));
      assert.equal(again.status, 409);
      assert.deepEqual(askedIn(await again.text()), ['en-title', 'goal']);
    }
    const second = await save(ben, petition, formIn(html, { 'choice-goal': 'theirs' }));
    const shown = await second.text();
    assert.deepEqual(askedIn(shown), ['en-title']);
    await done(save(ben, petition, formIn(shown, { 'choice-en-title': 'mine' })));
    const { texts, goal } = await stored(petition);
    assert.deepEqual([texts?.en?.title, goal?.kind], ['Keep it, says Ben', 'auto']);
  });

  it('meet a third: only what that one changed as well is asked about again', async () => {
    const { petition, html } = await disputed();
    const third = await openForm(petition, { 'en-title': 'Keep it, says Eve', 'en-summary': 'Eve’s.' });
    await done(save(eve, petition, third));
    const choices = { 'choice-en-title': 'mine', 'choice-goal': 'mine' };
    const again = await save(ben, petition, formIn(html, choices));
    const shown = await again.text();
    assert.equal(again.status, 409);
    assert.match(textOf(shown), /Eve Editor saved this petition/);
    assert.deepEqual(askedIn(shown), ['en-title']);
    assert.equal(valueIn(shown, 'en-title'), 'Keep it, says Ben');
    await done(save(ben, petition, formIn(shown, { 'choice-en-title': 'mine' })));
    const { texts, goal } = await stored(petition);
    assert.deepEqual(
      [texts?.en?.title, texts?.en?.summary, texts?.en?.body, goal?.number],
      ['Keep it, says Ben', 'Eve’s.', 'Ben’s text.', 700],
    );
  });

  it('hear of their mistakes at the same time, and lose neither', async () => {
    const petition = await makePetition();
    const response = await bothEdit(
      petition,
      { 'press-name': 'Ada', 'group-name': 'Ada’s' },
      { 'press-name': 'Ben', 'en-title': '' },
    );
    const html = await response.text();
    assert.equal(response.status, 409);
    assert.match(errorAt(html, 'en-title') ?? '', /Write the title/);
    const again = formIn(html, { 'en-title': 'Right', 'choice-press-name': 'mine' });
    await done(save(ben, petition, again));
    const { texts, group } = await stored(petition);
    assert.deepEqual([texts?.en?.title, group?.pressName, group?.name], ['Right', 'Ben', 'Ada’s']);
  });

  it('with the same words have nothing to choose', async () => {
    const petition = await makePetition();
    await done(bothEdit(petition, { 'en-title': 'The same' }, { 'en-title': 'The same ' }));
    assert.equal((await stored(petition)).revision, 1);
  });

  it('save at the same moment: one does, the others are asked', async () => {
    const petition = await makePetition();
    const forms = await Promise.all(
      ['One', 'Two', 'Three', 'Four'].map((title) => openForm(petition, { 'en-title': title })),
    );
    const responses = await Promise.all(forms.map((form) => save(ada, petition, form)));
    assert.deepEqual(responses.map(({ status }) => status).sort(), [303, 409, 409, 409]);
    assert.equal((await stored(petition)).revision, 1);
    assert.equal(await AuditEntry.countDocuments({ petition: petition._id, action: 'petition.edit' }), 1);
  });

  it('save different fields at the same moment: all are kept', async () => {
    const petition = await makePetition();
    const changes: Fields[] = [{ 'en-title': 'One' }, { 'en-summary': 'Two' }, { 'press-name': 'Three' }];
    const forms = await Promise.all(changes.map((change) => openForm(petition, change)));
    for (const { status } of await Promise.all(forms.map((form) => save(ada, petition, form))))
      assert.equal(status, 303);
    const { texts, group, revision } = await stored(petition);
    assert.deepEqual([texts?.en?.title, texts?.en?.summary, group?.pressName], ['One', 'Two', 'Three']);
    assert.equal(revision, 3);
  });

  for (const [why, seen] of [
    ['says nothing of what it was filled with', undefined],
    ['says nonsense of it', '{"en-title":5'],
    ['says something of another shape', '[["en-title"]]'],
  ] as const)
    it(`is asked about every difference where the form ${why}`, async () => {
      const petition = await makePetition();
      const { seen: _, ...form } = await openForm(petition, { 'en-title': 'Whose?' });
      const response = await save(ben, petition, { ...form, ...(seen && { seen }) });
      assert.equal(response.status, 409);
      assert.deepEqual(askedIn(await response.text()), ['en-title']);
      assert.deepEqual(await stored(petition), petition);
    });

  it('press twice: it is saved once, and nobody is told of themselves', async () => {
    const petition = await makePetition();
    const form = await openForm(petition, { 'en-title': 'Once', ...question(1, 'aaaaaaaa', 'How?') });
    await done(save(ada, petition, form));
    await done(save(ada, petition, form));
    const { revision, questions } = await stored(petition);
    assert.deepEqual([revision, questions.length], [1, 1]);
  });
});

describe('two editors of the questions', () => {
  const asked = async () => {
    const petition = await makePetition();
    const three = {
      ...question(1, 'aaaaaaaa', 'A?'),
      ...question(2, 'bbbbbbbb', 'B?'),
      ...question(3, 'cccccccc', 'C?'),
    };
    await done(save(ada, petition, await openForm(petition, three)));
    return stored(petition);
  };

  it('who move them and change their words have both', async () => {
    const petition = await asked();
    await done(bothEdit(petition, { 'q3-place': '1' }, { 'q2-en': 'B, really?' }));
    assert.deepEqual(wordsIn(await stored(petition)), ['C?', 'A?', 'B, really?']);
  });

  it('who each add one have both', async () => {
    const petition = await asked();
    await done(bothEdit(petition, question(4, 'dddddddd', 'Ada’s?'), question(4, 'eeeeeeee', 'Ben’s?')));
    assert.deepEqual(wordsIn(await stored(petition)), ['A?', 'B?', 'C?', 'Ben’s?', 'Ada’s?']);
  });

  it('of whom one removes what the other does not touch', async () => {
    const petition = await asked();
    await done(bothEdit(petition, { 'q1-kind': 'none' }, { 'q3-required': 'on' }));
    const { questions } = await stored(petition);
    assert.deepEqual(
      questions.map(({ label, isRequired }) => [label?.en, isRequired]),
      [
        ['B?', false],
        ['C?', true],
      ],
    );
  });

  it('of whom one removes what the other changes are asked', async () => {
    for (const [choice, words] of [
      ['theirs', ['B?', 'C?']],
      ['mine', ['A, really?', 'B?', 'C?']],
    ] as const) {
      const petition = await asked();
      const response = await bothEdit(petition, { 'q1-kind': 'none' }, { 'q1-en': 'A, really?' });
      const html = await response.text();
      assert.equal(response.status, 409);
      assert.deepEqual(askedIn(html), ['question-aaaaaaaa']);
      assert.match(textOf(html), /Question: A, really\?.*Empty.*A short text A, really\?/);
      await done(save(ben, petition, formIn(html, { 'choice-question-aaaaaaaa': choice })));
      assert.deepEqual(wordsIn(await stored(petition)).sort(), [...words].sort(), choice);
    }
  });

  it('who move them to different places are asked for the order alone', async () => {
    const petition = await asked();
    const response = await bothEdit(petition, { 'q3-place': '1' }, { 'q1-place': '2' });
    const html = await response.text();
    assert.equal(response.status, 409);
    assert.deepEqual(askedIn(html), ['questions']);
    await done(save(ben, petition, formIn(html, { 'choice-questions': 'theirs' })));
    assert.deepEqual(wordsIn(await stored(petition)), ['C?', 'A?', 'B?']);
  });
});
