import { signatoryLimits } from '../../config/limits.ts';
import { controlCharacters } from '../signatures/characters.ts';
import { type FieldProblems, type parseSignatureForm, type Typed, webAddress } from '../signatures/form.ts';
import { readWebsite, siteOf } from './fold.ts';
import { type SignatoryDetails, type SignatoryKind, signatoryKinds } from './signatory.ts';

/** Who signs, as the form says: somebody without a title has no details. */
type ReadSignatory =
  | { outcome: 'read'; details?: SignatoryDetails }
  | { outcome: 'refused'; problems: FieldProblems };

type Parsed = ReturnType<typeof parseSignatureForm>;

/** The kind a form names: a person where it names none. */
export const signerOf = ({ signer }: Typed): SignatoryKind | 'person' =>
  signatoryKinds.find((kind) => kind === signer) ?? 'person';

/** Reads who signs an open letter, or says what is wrong at each field. */
export function readSignatory(typed: Typed): ReadSignatory {
  const kind = signerOf(typed);
  const unknown = typed.signer && typed.signer !== kind ? { signer: 'unknown' } : {};
  if (kind === 'person') return ended(unknown, undefined);
  const text = (field: string) => (typed[field] ?? '').trim();
  if (kind === 'titled') {
    const problems = {
      title: wrongText(text('title'), true),
      affiliation: wrongText(text('affiliation'), false),
      listing: typed.listing ? undefined : 'missing',
    };
    return ended(problems, { kind, title: text('title'), affiliation: text('affiliation') });
  }
  const problems = {
    organisation: wrongText(text('organisation'), true),
    website: wrongWebsite(text('website')),
    role: wrongText(text('role'), true),
    listing: typed.listing ? undefined : 'missing',
  };
  const website = text('website');
  return ended(problems, { kind, organisation: text('organisation'), website, role: text('role') });
}

function ended(problems: FieldProblems, details: SignatoryDetails | undefined): ReadSignatory {
  const found = Object.fromEntries(Object.entries(problems).filter(([, problem]) => problem));
  return Object.keys(found).length > 0
    ? { outcome: 'refused', problems: found }
    : { outcome: 'read', ...(details && { details }) };
}

/**
 * The signature's form with who signs, or all that is wrong with both. Whoever stands for an organisation is never named
 * in public; whoever signs with a title always is.
 */
export function withSignatory(parsed: Parsed, read: ReadSignatory): Parsed {
  if (parsed.outcome === 'refused' || read.outcome === 'refused') {
    const problems = [read, parsed].map((one) => (one.outcome === 'refused' ? one.problems : {}));
    return { outcome: 'refused', problems: Object.assign({}, ...problems) };
  }
  const { details } = read;
  if (!details) return parsed;
  return {
    outcome: 'read',
    form: { ...parsed.form, signatory: details, showName: details.kind === 'titled' },
  };
}

function wrongText(text: string, isNeeded: boolean): string | undefined {
  if (text === '') return isNeeded ? 'missing' : undefined;
  if ([...text].length > signatoryLimits.text) return 'tooLong';
  if (controlCharacters.test(text)) return 'control';
  if (!/[\p{L}\p{N}]/u.test(text)) return 'missing';
  return hasAddress(text) ? 'url' : undefined;
}

/** `Booking.com` is a name; `https://` and `www.` are not, nor is an address of mail. */
const hasAddress = (text: string): boolean =>
  /[<>@]|:\/\/|www\./i.test(text) || (webAddress.test(text) && /[/?]/.test(text));

function wrongWebsite(text: string): string | undefined {
  if (text === '') return 'missing';
  if (text.length > signatoryLimits.website) return 'tooLong';
  if (controlCharacters.test(text) || !readWebsite(text)) return 'malformed';
  return siteOf(text) ? undefined : 'shared';
}
