import { createHash } from 'node:crypto';
import { translate, translateFor } from '../locales.ts';
import type { Language } from '../petitions/petition.ts';
import { type Petition, textIn } from '../petitions/petition.ts';

/** The exact words a signer is shown, and the short name of exactly these words. */
type ConsentWording = {
  signing: string;
  updates: string;
  /** To being listed in public as an organisation, or with a title. */
  listing: string;
  version: string;
};

/** A petition is read once and signed many times in a moment; its words are put together once for all of them. */
const known = new WeakMap<Petition, Partial<Record<Language, ConsentWording>>>();

export function consentWording(petition: Petition, language: Language): ConsentWording {
  const wordings = known.get(petition) ?? {};
  known.set(petition, wordings);
  wordings[language] ??= putTogether(petition, language);
  return wordings[language];
}

function putTogether(petition: Petition, language: Language): ConsentWording {
  const own = petition.consent;
  const values = { title: textIn(petition, language).title, group: petition.group?.name };
  const signing =
    own?.signing?.[language] || translateFor(language, petition.kind, 'consent.privacy', values);
  const updates =
    own?.updates?.[language] || translateFor(language, petition.kind, 'consent.updates', values);
  const isOpenLetter = petition.kind === 'openLetter';
  const listing = isOpenLetter ? translate(language, 'openLetter.consent.listing') : '';
  const words = [signing, updates, ...(isOpenLetter ? [listing] : [])].join('\n');
  const version = createHash('sha256').update(words).digest('base64url').slice(0, 12);
  return { signing, updates, listing, version };
}
