import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { petitionLimits } from '../../../config/limits.ts';
import { columnChoices } from '../../../server/exports/columns.ts';
import { makeForm, makePetition } from '../../support/factories.ts';
import { errorAt, textOf, valueIn } from '../../support/page.ts';
import { visitor } from '../../support/visitor.ts';
import {
  createDraft,
  formIn,
  openForm,
  pathOf,
  rightForm,
  send,
  stored,
  worldWithEditor,
} from './support.ts';

const here = worldWithEditor();

/** As many questions as wanted, of one kind. */
const manyQuestions = (most: number): Record<string, string> =>
  Object.fromEntries(
    Array.from({ length: most }, (_, at) => [
      [`q${at + 1}-kind`, 'text'],
      [`q${at + 1}-en`, `Number ${at + 1}?`],
    ]).flat(),
  );
const wordsIn = ({ questions }: Awaited<ReturnType<typeof stored>>) =>
  questions.map(({ label }) => label?.en);
const edit = async (petition: { _id: unknown }, differences: Record<string, string>) => {
  const page = await (await here.ada.get(pathOf(petition, 'edit'))).text();
  const response = await send(here.ada, pathOf(petition, 'edit'), formIn(page, differences));
  assert.equal(response.status, 303);
  return stored(petition);
};

describe('the questions of a petition', () => {
  it('may be as many as the limit says, and all of them are asked and answered', async () => {
    const most = petitionLimits.questions;
    const petition = await createDraft(here.ada, manyQuestions(most));
    assert.equal(petition.questions.length, most);
    await here.ada.post(pathOf(petition, 'publication'), { when: 'now' });
    const answers = petition.questions.map(({ key }) => [`answer-${key}`, '答'.repeat(200)] as const);
    const form = makeForm({ ...Object.fromEntries(answers), comment: '因'.repeat(500), lang: 'en' });
    assert.equal(
      (await visitor(here.world).sign(petition.slug, form)).status,
      303,
      'long answers fit the form',
    );
  });

  it('above the limit come back whole, with a message at the first that is too many', async () => {
    const typed = rightForm(manyQuestions(petitionLimits.questions + 2));
    const response = await send(here.ada, '/organize/petitions', typed);
    const html = await response.text();
    assert.equal(response.status, 422);
    assert.match(errorAt(html, 'q21-kind') ?? '', /at most 20 questions/);
    assert.equal(valueIn(html, 'q22-en'), 'Number 22?');
  });

  it('get room for more with every save', async () => {
    const petition = await createDraft(here.ada, manyQuestions(3));
    const html = await (await here.ada.get(pathOf(petition, 'edit'))).text();
    assert.match(html, /name="q5-kind"/);
    assert.doesNotMatch(html, /name="q6-kind"/);
    const more = await edit(petition, { 'q5-kind': 'yesNo', 'q5-en': 'And this?' });
    assert.deepEqual(wordsIn(more), ['Number 1?', 'Number 2?', 'Number 3?', 'And this?']);
  });

  it('are moved to another place, and keep their keys', async () => {
    const petition = await createDraft(here.ada, manyQuestions(4));
    const up = await edit(petition, { 'q4-place': '2' });
    assert.deepEqual(wordsIn(up), ['Number 1?', 'Number 4?', 'Number 2?', 'Number 3?']);
    const down = await edit(petition, { 'q1-place': '3' });
    assert.deepEqual(wordsIn(down), ['Number 4?', 'Number 2?', 'Number 1?', 'Number 3?']);
    assert.deepEqual(
      down.questions.map(({ key }) => key).sort(),
      petition.questions.map(({ key }) => key).sort(),
    );
    for (const place of ['', '-1', '99', 'first', '1.5'])
      assert.equal((await edit(petition, { 'q2-place': place })).questions.length, 4, place);
  });

  it('never share a key, whatever the form says', async () => {
    const keys = { 'q1-key': 'aaaaaaaa', 'q2-key': 'aaaaaaaa', 'q3-key': '__proto__' };
    const { questions } = await createDraft(here.ada, { ...manyQuestions(3), ...keys });
    assert.equal(new Set(questions.map(({ key }) => key)).size, 3);
    for (const { key } of questions) assert.match(key, /^[a-z0-9]{8}$/);
  });

  it('that are no longer asked keep their answers: they are in exports, and the form says so', async () => {
    const asked = { kind: 'text', label: { en: 'Which bench?' } };
    const petition = await makePetition({ questions: [{ ...asked, key: 'aaaaaaaa' }] });
    const without = await edit(petition, { 'q1-kind': 'none' });
    assert.deepEqual([without.questions, without.formerQuestions.map(({ key }) => key)], [[], ['aaaaaaaa']]);
    assert.ok(columnChoices(without).some(({ id }) => id === 'answers'));
    const html = await (await visitor(here.world).get(`/petitions/${petition.slug}`)).text();
    assert.doesNotMatch(html, /Which bench/);
    const late = makeForm({ 'answer-aaaaaaaa': 'By the pond' });
    assert.equal(
      (await visitor(here.world).sign(petition.slug, late)).status,
      303,
      'an open page still signs',
    );
    const editor = textOf(await (await here.ada.get(pathOf(petition, 'edit'))).text());
    assert.match(editor, /No longer asked, answers kept: “Which bench\?”/);
  });

  it('of a draft, which nobody has answered, are simply gone', async () => {
    const petition = await createDraft(here.ada, manyQuestions(1));
    assert.deepEqual((await edit(petition, { 'q1-kind': 'none' })).formerQuestions, []);
  });

  it('removed and typed anew are another question', async () => {
    const petition = await makePetition();
    await edit(petition, { 'q1-kind': 'text', 'q1-en': 'First?' });
    const form = await openForm(petition, { 'q1-kind': 'none', 'q2-kind': 'text', 'q2-en': 'Second?' });
    await send(here.ada, pathOf(petition, 'edit'), form);
    assert.deepEqual(wordsIn(await stored(petition)), ['Second?']);
  });
});
