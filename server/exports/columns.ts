import type { Petition } from '../petitions/petition.ts';
import { placeName } from '../petitions/view.ts';
import type { Platform } from '../platform.ts';
import { labelIn } from '../signatures/asked.ts';
import type { Signature } from '../signatures/signature.ts';
import { signatureView } from '../signatures/view.ts';

type Opened = ReturnType<typeof signatureView>;
type Cell = string | undefined;
type Column = { title: string; of: (signature: Opened, stored: Signature) => Cell; isUsual?: boolean };

const moment = (at: Date | null | undefined): Cell => at?.toISOString();
const yesNo = (is: boolean | null | undefined): string => (is ? 'yes' : 'no');
const given = ({ consent }: Opened, to: string) => consent.find((evidence) => evidence.to === to);

/** What an export can hold of a signature, in the order of its columns. */
const columns: Record<string, Column> = {
  id: { title: 'Id', of: (_, { _id }) => _id.toHexString() },
  name: { title: 'Name', of: ({ name }) => name, isUsual: true },
  email: { title: 'E-mail', of: ({ email }) => email },
  phone: { title: 'Phone', of: ({ phone }) => phone },
  postalCode: { title: 'Postal code', of: ({ postalCode }) => postalCode },
  country: { title: 'Country', of: ({ country }) => country ?? undefined, isUsual: true },
  region: {
    title: 'Region',
    of: ({ country, region }, stored) => (stored.region ? placeName('en', country, stored.region) : region),
    isUsual: true,
  },
  comment: { title: 'Comment', of: ({ comment }) => comment },
  showName: { title: 'Name may be shown', of: ({ showName }) => yesNo(showName), isUsual: true },
  state: { title: 'State', of: ({ state }) => state, isUsual: true },
  source: { title: 'Source', of: ({ source }) => source ?? 'direct' },
  signedAt: { title: 'Signed at (UTC)', of: ({ signedAt }) => moment(signedAt), isUsual: true },
  confirmedAt: { title: 'Confirmed at (UTC)', of: ({ confirmedAt }) => moment(confirmedAt), isUsual: true },
  language: { title: 'Language', of: (_, { language }) => language },
  updates: { title: 'Agreed to updates', of: ({ updates }) => yesNo(updates), isUsual: true },
  updatesAt: { title: 'Agreed to updates at (UTC)', of: (opened) => moment(given(opened, 'updates')?.at) },
  updatesWording: {
    title: 'Wording about updates',
    of: (opened) => given(opened, 'updates')?.wording ?? undefined,
  },
  signingAt: { title: 'Agreed to signing at (UTC)', of: (opened) => moment(given(opened, 'signing')?.at) },
  signingWording: {
    title: 'Wording about signing',
    of: (opened) => given(opened, 'signing')?.wording ?? undefined,
  },
  wordingVersion: {
    title: 'Version of the wording',
    of: (opened) => given(opened, 'signing')?.version ?? undefined,
  },
  page: { title: 'Page', of: (opened) => given(opened, 'signing')?.page ?? undefined },
};

/** Stands for a column for each of the petition's own questions. */
const answers = 'answers';

export const columnChoices = (petition: Pick<Petition, 'questions'>, chosen?: readonly string[]) => [
  ...Object.entries(columns).map(([id, { title, isUsual }]) => ({
    id,
    title,
    checked: chosen ? chosen.includes(id) : Boolean(isUsual),
  })),
  ...(petition.questions.length > 0
    ? [{ id: answers, title: 'Answers to your questions', checked: chosen?.includes(answers) ?? false }]
    : []),
];

/** The chosen columns that there are, in their order. */
export const knownColumns = (chosen: readonly string[]): string[] =>
  [...Object.keys(columns), answers].filter((id) => chosen.includes(id));

type Table = { titles: string[]; row: (signature: Signature) => string[] };

/** The titles of the chosen columns, and each signature as their cells. */
export function tableOf(
  platform: Pick<Platform, 'vault'>,
  petition: Petition,
  chosen: readonly string[],
): Table {
  const known = knownColumns(chosen).flatMap((id) => columns[id] ?? []);
  const questions = chosen.includes(answers) ? petition.questions : [];
  return {
    titles: [...known.map(({ title }) => title), ...questions.map(({ label }) => labelIn(label, 'en'))].map(
      neutral,
    ),
    row(signature) {
      const opened = signatureView(platform, signature);
      const told = questions.map(({ key }) => opened.answers.find((one) => one.key === key)?.answer);
      return [...known.map(({ of }) => of(opened, signature)), ...told].map((cell) => neutral(cell ?? ''));
    },
  };
}

/**
 * Text that a spreadsheet would take for a formula begins with an apostrophe instead
 * (https://owasp.org/www-community/attacks/CSV_Injection), wide forms of the signs too.
 */
export const neutral = (text: string): string => (/^[=+\-@\t\r\n＝＋－＠]/.test(text) ? `'${text}` : text);
