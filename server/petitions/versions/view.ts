import { formatDate, formatTime, translate } from '../../locales.ts';
import { differenceOf, paragraphsOf } from '../difference.ts';
import type { Language, Petition } from '../petition.ts';
import {
  type PetitionVersion,
  type SignedField,
  type SignedTexts,
  signedFields,
  signedTextsOf,
} from './version.ts';

/** `3 March at 14:05`, where the petition is. */
function moment(lang: Language, at: Date, petition: Pick<Petition, 'timeZone'>, now: Date): string {
  const zone = petition.timeZone ?? undefined;
  const values = { date: formatDate(lang, at, zone, now), time: formatTime(lang, at, zone) };
  return translate(lang, 'versions.moment', values);
}

/** Each change of the text in the language, the latest first, with what came and went in each part of it. */
export function changesView(petition: Petition, versions: PetitionVersion[], lang: Language, now: Date) {
  const shown = shownIn(petition, lang);
  const texts = [...versions.map((version) => version.texts), signedTextsOf(petition)];
  return versions
    .map(({ number, until }, at) => ({
      number: number + 1,
      at: moment(lang, until, petition, now),
      parts: partsOf(texts[at] ?? {}, texts[at + 1] ?? {}, shown, lang),
    }))
    .filter(({ parts }) => parts.length > 0)
    .reverse();
}

function partsOf(before: SignedTexts, after: SignedTexts, shown: Language, lang: Language) {
  return signedFields.flatMap((field) => {
    const [old = '', fresh = ''] = [before[shown]?.[field], after[shown]?.[field]];
    if (old === fresh) return [];
    return [{ label: labelOf(field, lang), paragraphs: differenceOf(old, fresh) }];
  });
}

const labelOf = (field: SignedField, lang: Language): string => translate(lang, `versions.part.${field}`);

/** When the text was changed last in the language, for the petition's own page. */
export function lastChangeView(
  petition: Petition,
  versions: PetitionVersion[],
  lang: Language,
  now: Date,
): string | undefined {
  const shown = shownIn(petition, lang);
  const texts = [...versions.map((version) => version.texts), signedTextsOf(petition)];
  const last = versions.findLast((_, at) =>
    signedFields.some((field) => texts[at]?.[shown]?.[field] !== texts[at + 1]?.[shown]?.[field]),
  );
  return last && moment(lang, last.until, petition, now);
}

/** The language the text is shown in. */
const shownIn = (petition: Petition, lang: Language): Language =>
  petition.texts?.[lang] ? lang : (petition.language as Language);

/** An older text, for those who signed it. */
export function versionView(petition: Petition, version: PetitionVersion, lang: Language, now: Date) {
  const text = version.texts[lang] ?? version.texts[petition.language as Language];
  return {
    until: moment(lang, version.until, petition, now),
    title: text?.title,
    addressedTo: text?.addressedTo,
    summary: text?.summary,
    paragraphs: paragraphsOf(text?.body ?? ''),
  };
}
