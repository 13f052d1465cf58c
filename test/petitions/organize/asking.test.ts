import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Petition } from '../../../server/petitions/petition.ts';
import { Signature } from '../../../server/signatures/signature.ts';
import { signatureView } from '../../../server/signatures/view.ts';
import { makeForm, makePetition } from '../../support/factories.ts';
import { errorAt, textOf, valueIn } from '../../support/page.ts';
import { signAndConfirm } from '../../support/signer.ts';
import { openStage } from '../../support/stage.ts';
import { visitor } from '../../support/visitor.ts';

const { world, platform } = await openStage();

const questions = [
  { key: 'aaaaaaaa', kind: 'text', label: { en: 'How did you hear?', fr: 'Comment ?' }, isRequired: false },
  {
    ...{
      key: 'bbbbbbbb',
      kind: 'choice',
      label: { en: 'Which bench?', fr: 'Quel banc ?' },
      isRequired: true,
    },
    options: [
      { en: 'By the pond', fr: 'Près de l’étang' },
      { en: 'By the road', fr: 'Près de la route' },
    ],
  },
  {
    key: 'cccccccc',
    kind: 'yesNo',
    label: { en: 'Will you help?', fr: 'Aiderez-vous ?' },
    isRequired: false,
  },
];
/** Every sealed value as it is stored. */
const bytesOf = ({ sealed }: Signature): string => {
  const values = Object.values(sealed ?? {}).filter((value) => Buffer.isBuffer(value));
  assert.ok(values.length > 3);
  return Buffer.concat(values).toString('latin1');
};
const storedOf = async (petition: Petition) => {
  const signature = await Signature.findOne({ petition: petition._id }).lean<Signature>();
  assert.ok(signature);
  return { signature, opened: signatureView(platform, signature) };
};

describe('what a petition’s form asks for', () => {
  it('is only what the petition wants; the rest is ignored', async () => {
    const petition = await makePetition({ asks: { postalCode: 'off', phone: 'off', comment: 'off' } });
    const html = await (await visitor(world).get(`/petitions/${petition.slug}`)).text();
    for (const field of ['postalCode', 'phone', 'comment'])
      assert.doesNotMatch(html, new RegExp(`name="${field}"`));
    const unwanted = { postalCode: '<not even valid>', phone: 'call me', comment: 'See www.example.com' };
    assert.equal((await visitor(world).sign(petition.slug, makeForm(unwanted))).status, 303);
    const { opened } = await storedOf(petition);
    assert.deepEqual([opened.postalCode, opened.phone, opened.comment], [undefined, undefined, undefined]);
  });

  it('is refused where it is needed and missing, and kept where it is there', async () => {
    const asks = { postalCode: 'required', phone: 'required', comment: 'required' };
    const petition = await makePetition({ asks });
    const refused = await visitor(world).sign(petition.slug, makeForm({ comment: 'I rest there.' }));
    const html = await refused.text();
    assert.equal(refused.status, 422);
    assert.equal(errorAt(html, 'postalCode'), 'Enter your postal code.');
    assert.equal(errorAt(html, 'phone'), 'Enter your phone number.');
    assert.equal(valueIn(html, 'comment'), 'I rest there.');
    for (const phone of ['call me', '12', '+1 (613) 555-0199 ext. 5', '1'.repeat(41)]) {
      const form = makeForm({ comment: 'Yes', postalCode: 'K1A 0B1', phone });
      assert.equal((await visitor(world).sign(petition.slug, form)).status, 422, phone);
    }
    assert.equal(await Signature.countDocuments({ petition: petition._id }), 0);
    const right = makeForm({ comment: 'I rest there.', postalCode: 'K1A 0B1', phone: '+1 (613) 555-0199' });
    assert.equal((await visitor(world).sign(petition.slug, right)).status, 303);
    const { signature, opened } = await storedOf(petition);
    assert.equal(opened.phone, '+1 (613) 555-0199');
    assert.ok(!bytesOf(signature).includes('613'), 'sealed');
  });

  it('has questions of its own, whose answers are sealed and shown to the signer', async () => {
    const petition = await makePetition({ questions });
    const answers = {
      'answer-aaaaaaaa': 'From my neighbour',
      'answer-bbbbbbbb': 'Près de la route',
      'answer-cccccccc': 'yes',
    };
    const signer = await signAndConfirm(world, petition.slug, makeForm({ ...answers, lang: 'fr' }));
    const { signature, opened } = await storedOf(petition);
    assert.deepEqual(opened.answers, [
      { key: 'aaaaaaaa', question: 'Comment ?', value: 'From my neighbour', answer: 'From my neighbour' },
      { key: 'bbbbbbbb', question: 'Quel banc ?', value: 'By the road', answer: 'Près de la route' },
      { key: 'cccccccc', question: 'Aiderez-vous ?', value: 'yes', answer: 'Oui' },
    ]);
    assert.ok(!bytesOf(signature).includes('neighbour'));
    const own = textOf(await (await visitor(world).get(signer.manage)).text());
    assert.match(own, /Quel banc \? Près de la route/);
    await visitor(world).post(signer.manage.concat('/erasure'));
    assert.equal((await storedOf(petition)).signature.sealed, undefined);
  });

  it('keeps the answer that was read, though the answers were put in another order meanwhile', async () => {
    const petition = await makePetition({ questions });
    const html = await (await visitor(world).get(`/petitions/${petition.slug}`)).text();
    const [, second] = [...html.matchAll(/<option value="([^"]+)"[^>]*>By the (?:pond|road)/g)].map(
      ([, value]) => value,
    );
    const turned = questions.map((question) =>
      'options' in question ? { ...question, options: question.options?.toReversed() } : question,
    );
    await Petition.updateOne({ _id: petition._id }, { $set: { questions: turned } });
    const form = makeForm({ 'answer-bbbbbbbb': second ?? '' });
    assert.equal((await visitor(world).sign(petition.slug, form)).status, 303);
    assert.equal((await storedOf(petition)).opened.answers?.[0]?.answer, 'By the road');
  });

  for (const [why, answers, field, says] of [
    ['an answer that is needed', {}, 'answer-bbbbbbbb', 'Answer this question.'],
    ['an answer from the list', { 'answer-bbbbbbbb': '1' }, 'answer-bbbbbbbb', 'Choose one of the answers.'],
    [
      'yes or no',
      { 'answer-bbbbbbbb': 'By the road', 'answer-cccccccc': 'perhaps' },
      'answer-cccccccc',
      'Choose one of the answers.',
    ],
    [
      'a short answer',
      { 'answer-bbbbbbbb': 'By the road', 'answer-aaaaaaaa': 'x'.repeat(201) },
      'answer-aaaaaaaa',
      'Shorten your answer to 200 characters.',
    ],
  ] as const)
    it(`wants ${why}, and says so at the question`, async () => {
      const petition = await makePetition({ questions });
      const response = await visitor(world).sign(petition.slug, makeForm({ ...answers }));
      const html = await response.text();
      assert.equal(response.status, 422);
      assert.equal(errorAt(html, field), says);
      assert.match(html, new RegExp(`<a href="#field-${field}">`));
      if ('answer-aaaaaaaa' in answers)
        assert.equal(valueIn(html, 'answer-aaaaaaaa'), answers['answer-aaaaaaaa']);
      assert.equal(await Signature.countDocuments({ petition: petition._id }), 0);
    });

  it('has its own words of consent, and those are what is kept as evidence', async () => {
    const consent = {
      signing: { en: 'I ask the council for this bench.' },
      updates: { en: 'Write to me about benches.' },
    };
    const petition = await makePetition({ consent });
    const html = textOf(await (await visitor(world).get(`/petitions/${petition.slug}`)).text());
    assert.match(html, /Write to me about benches\..*I ask the council for this bench\./);
    await visitor(world).sign(petition.slug, makeForm({ updates: 'on' }));
    const { signature } = await storedOf(petition);
    assert.deepEqual(
      signature.consent.map(({ wording }) => wording),
      ['I ask the council for this bench.', 'Write to me about benches.'],
    );
  });
});
