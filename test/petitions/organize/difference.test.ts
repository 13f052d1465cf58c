import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { differenceOf, type Piece, paragraphsOf } from '../../../server/petitions/difference.ts';

const shown = (before: string, after: string) =>
  differenceOf(before, after).map(({ pieces }) =>
    pieces.map(({ kind, text }) => ({ same: text, added: `+${text}+`, removed: `-${text}-` })[kind]).join(''),
  );

describe('the difference of two texts', () => {
  it('is by paragraphs, and by words where one was rewritten', () =>
    assert.deepEqual(
      shown('One two three.\n\nStays.\n\nGoes.', 'One 2 three.\n\nStays.\n\nQuite another end.'),
      ['One -two-+2+ three.', 'Stays.', '-Goes.-+Quite another end.+'],
    ));

  it('says what came in between and what went', () => {
    assert.deepEqual(shown('A.\n\nC.', 'A.\n\nB.\n\nC.'), ['A.', '+B.+', 'C.']);
    assert.deepEqual(shown('A.\n\nB.\n\nC.', 'A.\n\nC.'), ['A.', '-B.-', 'C.']);
    assert.deepEqual(shown('', 'A.'), ['+A.+']);
    assert.deepEqual(shown('A.', ''), ['-A.-']);
  });

  it('leads from the one to the other, whatever they are', () => {
    const words = fc
      .array(fc.constantFrom('a', 'b', 'c', '\n\n', ' '), { maxLength: 60 })
      .map((all) => all.join(''));
    const without = (changes: { pieces: Piece[] }[], kind: Piece['kind']) =>
      changes
        .map(({ pieces }) =>
          pieces
            .filter((piece) => piece.kind !== kind)
            .map(({ text }) => text)
            .join(''),
        )
        .filter(Boolean);
    fc.assert(
      fc.property(words, words, (before, after) => {
        const changes = differenceOf(before, after);
        assert.deepEqual(without(changes, 'added'), paragraphsOf(before));
        assert.deepEqual(without(changes, 'removed'), paragraphsOf(after));
      }),
    );
  });

  it('of two huge texts with nothing in common takes no time to speak of', () => {
    const one = Array.from({ length: 15_000 }, (_, at) => `a${at}`).join('\n\n');
    const other = Array.from({ length: 15_000 }, (_, at) => `b${at}`).join('\n\n');
    const start = performance.now();
    assert.equal(differenceOf(one, other).length, 15_000);
    differenceOf(one.replaceAll('\n\n', ' '), other.replaceAll('\n\n', ' '));
    assert.ok(performance.now() - start < 3_000);
  });
});
