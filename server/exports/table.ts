import { everAsked, type Petition } from '../petitions/petition.ts';
import type { Platform } from '../platform.ts';
import { labelIn } from '../signatures/asked.ts';
import type { SealedField, Signature } from '../signatures/signature.ts';
import { answersOf, openField } from '../signatures/view.ts';
import { answers, columns, knownColumns } from './columns.ts';

/** A table of signatures: its titles, the fields to read, and each signature as its cells. */
export type Table = { titles: string[]; reads: string[]; row: (signature: Signature) => string[] };

export function tableOf(
  platform: Pick<Platform, 'vault'>,
  petition: Petition,
  chosen: readonly string[],
): Table {
  const known = knownColumns(chosen).flatMap((id) => columns[id] ?? []);
  const questions = chosen.includes(answers) ? everAsked(petition) : [];
  const titles = [...known.map(({ title }) => title), ...questions.map(({ label }) => labelIn(label, 'en'))];
  return {
    titles: titles.map(neutral),
    reads: [...known.flatMap(({ reads }) => reads), ...(questions.length > 0 ? ['sealed.answers'] : [])],
    row(stored) {
      const open = (field: SealedField) => openField(platform, stored, field);
      const told = questions.length > 0 ? answersOf(open('answers')) : [];
      const cells = [
        ...known.map(({ of }) => of({ stored, open })),
        ...questions.map(({ key }) => told.find((one) => one.key === key)?.answer),
      ];
      return cells.map((cell) => neutral(cell ?? ''));
    },
  };
}

/**
 * Text that a spreadsheet would take for a formula begins with an apostrophe instead
 * (https://owasp.org/www-community/attacks/CSV_Injection), wide forms of the signs too.
 */
export const neutral = (text: string): string => (/^[=+\-@\t\r\n＝＋－＠]/.test(text) ? `'${text}` : text);
