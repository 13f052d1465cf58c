import { type MailHealth, type MailOfKind, mailStates, reasonInWords } from './mail-health.ts';
import { numbers, type Row, share } from './words.ts';

const mostReasons = 8;
const kindNames: Readonly<Record<string, string>> = {
  confirm: 'Confirmation',
  reminder: 'Reminder',
  duplicate: 'Already signed',
  update: 'Update',
  milestone: 'Milestone, to the team',
};
const kindName = (kind: string): string => kindNames[kind] ?? kind;

export function mailView({ kinds, reasons }: MailHealth): { kinds: Row[]; reasons: Row[] } {
  const total = (of: MailOfKind) => mailStates.reduce((sum, state) => sum + of[state], 0);
  return {
    kinds: kinds
      .toSorted((a, b) => total(b) - total(a))
      .map((of) => ({
        cells: [
          kindName(of.kind),
          ...mailStates.map((state) => numbers.format(of[state])),
          share(of.sent, total(of)),
        ],
      })),
    reasons: reasons.slice(0, mostReasons).map(({ state, kind, reason, number }) => ({
      cells: [reasonInWords(reason), state, kindName(kind), numbers.format(number)],
    })),
  };
}
