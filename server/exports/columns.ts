import { everAsked, type Petition } from '../petitions/petition.ts';
import { placeName } from '../places.ts';
import type { SealedField, Signature } from '../signatures/signature.ts';
import { signatoryOf } from '../signatures/view.ts';

type Cell = string | null | undefined;
/** A signature and the way to open what is sealed in it. Nothing is opened that no column shows. */
export type Opened = { stored: Signature; open: (field: SealedField) => string | undefined };
type Column = {
  title: string;
  /** The fields of the signature it takes. */
  reads: readonly string[];
  of: (signature: Opened) => Cell;
  isUsual?: boolean;
};

const moment = (at: Date | null | undefined): Cell => at?.toISOString();
const yesNo = (is: boolean | null | undefined): string => (is ? 'yes' : 'no');

const sealed = (title: string, field: SealedField): Column => ({
  title,
  reads: [`sealed.${field}`],
  of: ({ open }) => open(field),
});
const plain = (title: string, field: keyof Signature, of: (stored: Signature) => Cell): Column => ({
  title,
  reads: [field],
  of: ({ stored }) => of(stored),
});
type Evidence = Signature['consent'][number];
const given = (
  title: string,
  to: 'signing' | 'updates' | 'listing',
  of: (evidence: Evidence) => Cell,
): Column =>
  plain(title, 'consent', ({ consent }) => {
    const evidence = consent.find((one) => one.to === to);
    return evidence && of(evidence);
  });
const usual = (column: Column): Column => ({ ...column, isUsual: true });

const signerNames = {
  organisation: 'organisation',
  titled: 'person with a title',
  person: 'person',
} as const;
type Open = Opened['open'];
const asOrganisation = (open: Open) => {
  const details = signatoryOf(open('signatory'));
  return details?.kind === 'organisation' ? details : undefined;
};
const asTitled = (open: Open) => {
  const details = signatoryOf(open('signatory'));
  return details?.kind === 'titled' ? details : undefined;
};
const signatory = (title: string, of: (open: Open) => Cell): Column => ({
  title,
  reads: ['sealed.signatory'],
  of: ({ open }) => of(open),
});
/** What only the signatures of an open letter have. */
const ofOpenLetters = new Set([
  ...['signer', 'organisation', 'website', 'role', 'title', 'affiliation', 'listingAt', 'listingWording'],
]);

/** What an export can hold of a signature, in the order of its columns. */
export const columns: Readonly<Record<string, Column>> = {
  id: plain('Id', '_id', ({ _id }) => _id.toHexString()),
  name: usual(sealed('Name', 'name')),
  email: sealed('E-mail', 'email'),
  phone: sealed('Phone', 'phone'),
  postalCode: sealed('Postal code', 'postalCode'),
  country: usual(plain('Country', 'country', ({ country }) => country)),
  region: {
    title: 'Region',
    reads: ['country', 'region', 'sealed.region'],
    of: ({ stored: { country, region }, open }) =>
      region ? placeName('en', country, region) : open('region'),
    isUsual: true,
  },
  signer: plain('Signs as', 'signatory', ({ signatory }) => signerNames[signatory?.kind ?? 'person']),
  organisation: {
    title: 'Organisation',
    reads: ['sealed.signatory', 'signatory'],
    of: ({ stored, open }) => asOrganisation(open)?.organisation ?? stored.signatory?.name,
  },
  website: signatory('Website', (open) => asOrganisation(open)?.website),
  role: signatory('Role of the authorised person', (open) => asOrganisation(open)?.role),
  title: signatory('Title', (open) => asTitled(open)?.title),
  affiliation: signatory('Affiliation', (open) => asTitled(open)?.affiliation),
  comment: sealed('Comment', 'comment'),
  showName: usual(plain('Name may be shown', 'showName', ({ showName }) => yesNo(showName))),
  state: usual(plain('State', 'state', ({ state }) => state)),
  source: plain('Source', 'source', ({ source }) => source ?? 'direct'),
  signedAt: usual(plain('Signed at (UTC)', 'createdAt', ({ createdAt }) => moment(createdAt))),
  confirmedAt: usual(plain('Confirmed at (UTC)', 'confirmedAt', ({ confirmedAt }) => moment(confirmedAt))),
  language: plain('Language', 'language', ({ language }) => language),
  updates: usual(plain('Agreed to updates', 'updates', ({ updates }) => yesNo(updates))),
  updatesAt: given('Agreed to updates at (UTC)', 'updates', ({ at }) => moment(at)),
  updatesWording: given('Wording about updates', 'updates', ({ wording }) => wording),
  signingAt: given('Agreed to signing at (UTC)', 'signing', ({ at }) => moment(at)),
  signingWording: given('Wording about signing', 'signing', ({ wording }) => wording),
  listingAt: given('Agreed to being listed at (UTC)', 'listing', ({ at }) => moment(at)),
  listingWording: given('Wording about being listed', 'listing', ({ wording }) => wording),
  wordingVersion: given('Version of the wording', 'signing', ({ version }) => version),
  page: given('Page', 'signing', ({ page }) => page),
};

/** Stands for a column for each of the petition's own questions. */
export const answers = 'answers';

export const columnChoices = (
  petition: Pick<Petition, 'questions' | 'formerQuestions'> & Partial<Pick<Petition, 'kind'>>,
  chosen?: readonly string[],
) => [
  ...Object.entries(columns)
    .filter(([id]) => petition.kind === 'openLetter' || !ofOpenLetters.has(id))
    .map(([id, { title, isUsual }]) => ({
      ...{ id, title },
      checked: chosen ? chosen.includes(id) : Boolean(isUsual) || id === 'signer' || id === 'organisation',
    })),
  ...(everAsked(petition).length > 0
    ? [{ id: answers, title: 'Answers to your questions', checked: chosen?.includes(answers) ?? false }]
    : []),
];

/** The chosen columns that there are, in their order. */
export const knownColumns = (chosen: readonly string[]): string[] =>
  [...Object.keys(columns), answers].filter((id) => chosen.includes(id));
