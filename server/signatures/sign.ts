import { Types } from 'mongoose';
import { regions } from '../../config/places.ts';
import { insertTogether } from '../grouped.ts';
import { representativeTargets } from '../letters/target.ts';
import { newSignatory } from '../open-letters/sign.ts';
import type { Language, Petition } from '../petitions/petition.ts';
import { rememberSigned, versionOf } from '../petitions/versions/version.ts';
import type { Platform } from '../platform.ts';
import { domainOf } from '../signers/address.ts';
import { type Mailbox, signAgain } from './again.ts';
import { consentWording } from './consent.ts';
import type { SignatureForm } from './form.ts';
import { placeOf, type SealedField, Signature } from './signature.ts';

/** Mongoose's lists are more than lists; what goes straight to the driver is plain. */
type Plain<Stored> = {
  [Key in keyof Stored]: Stored[Key] extends readonly (infer Item)[] ? Partial<Item>[] : Stored[Key];
};
type Details = Partial<Plain<Signature>>;
const insertSignature = insertTogether(Signature);
type Circumstances = { ip: string; page: string; language: Language; now?: Date };

/**
 * Stores a pending signature and asks for its confirmation mail. Whoever signed before gets a mail that says so
 * instead; the caller cannot tell, and takes as long: either way it is one durable write.
 */
export async function signPetition(
  { vault, queues }: Pick<Platform, 'vault' | 'queues'>,
  petition: Petition,
  form: SignatureForm,
  { ip, page, language, now = new Date() }: Circumstances,
): Promise<void> {
  const emailKey = vault.emailKey(form.email.canonical);
  const mailbox = { petition: petition._id, emailKey };
  const seal = (field: SealedField, text: string) =>
    text ? vault.seal(text, placeOf(mailbox, field)) : undefined;
  // Their page may have been open while the text was changed: they signed what they read.
  const version = Math.min(form.version ?? versionOf(petition), versionOf(petition));
  const region = knownRegion(form.country, form.region);
  const { letter, signatory } = form;
  const chosen = letter ? await representativeTargets(petition, letter.representatives, now) : [];
  const targets = [...(letter?.targets ?? []), ...chosen];
  const details: Details = {
    sealed: {
      email: seal('email', form.email.address),
      name: seal('name', form.name),
      postalCode: seal('postalCode', form.postalCode),
      region: region ? undefined : seal('region', form.region),
      phone: seal('phone', form.phone),
      comment: seal('comment', form.comment),
      answers: seal('answers', form.answers?.length ? JSON.stringify(form.answers) : ''),
      letter: seal('letter', letter ? JSON.stringify({ subject: letter.subject, text: letter.text }) : ''),
      signatory: seal('signatory', signatory ? JSON.stringify(signatory) : ''),
      ip: seal('ip', ip),
    },
    ...(letter && { letter: { targets, own: letter.own } }),
    // Whoever signs anew without a title no longer has the one they had.
    ...(petition.kind === 'openLetter' && {
      signatory: signatory ? newSignatory({ vault }, signatory) : undefined,
    }),
    nameKey: vault.nameKey(form.name),
    domainKey: vault.domainKey(domainOf(form.email.canonical)),
    country: form.country,
    region,
    language,
    source: form.ref,
    version,
    ipAt: now,
    showName: form.showName,
    hasComment: form.comment !== '',
    ...consentGiven(petition, form, language, page, now),
  };

  const id = await insertPending(mailbox, details, now).catch((error) => {
    if (error?.code !== 11000) throw error;
    return signAgain(mailbox, details, now);
  });
  if (version < versionOf(petition)) await rememberSigned(petition._id, version);
  if (id) queues.enqueue('mail', { signatureIds: [id.toHexString()] });
}

async function insertPending(mailbox: Mailbox, details: Details, now: Date): Promise<Types.ObjectId> {
  const _id = new Types.ObjectId();
  const signature: Details = {
    _id,
    ...mailbox,
    ...details,
    state: 'pending',
    createdAt: now,
    history: [],
    counted: null,
    countedIn: 0,
    mail: { kind: 'confirm', n: 1, requestedAt: now, dueAt: now },
  };
  await insertSignature(signature);
  return _id;
}

/** The region's code, where it is one we know, from its code or its name. */
export function knownRegion(country: string, typed: string): string | undefined {
  const known = regions[country] ?? {};
  const code = typed.toUpperCase();
  if (Object.hasOwn(known, code)) return code;
  return Object.keys(known).find((key) => known[key]?.includes(typed.toLowerCase()));
}

/** Evidence of what was agreed to. A tick beside words we no longer use is not taken as agreement to new ones. */
function consentGiven(petition: Petition, form: SignatureForm, language: Language, page: string, at: Date) {
  const { signing, updates, listing, version } = consentWording(petition, language);
  const sameWords = form.consentVersion === undefined || form.consentVersion === version;
  const agreed = form.updates && sameWords;
  const evidence = { version, at, page };
  return {
    updates: agreed,
    consent: [
      { to: 'signing', wording: signing, ...evidence },
      ...(form.signatory ? [{ to: 'listing', wording: listing, ...evidence }] : []),
      ...(agreed ? [{ to: 'updates', wording: updates, ...evidence }] : []),
    ],
  };
}
