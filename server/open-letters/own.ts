import { translate } from '../locales.ts';
import type { Language } from '../petitions/petition.ts';
import type { Signature } from '../signatures/signature.ts';

/** Whether a signatory is listed in public, and why not, for whoever signed. */
export function listingInWords(
  {
    state,
    showName,
    review,
    signatory,
  }: Pick<Signature, 'state' | 'showName' | 'review'> & Partial<Pick<Signature, 'signatory'>>,
  lang: Language,
): string {
  const isOrganisation = signatory?.kind === 'organisation';
  if (state === 'held' || state === 'pending')
    return translate(lang, isOrganisation ? 'openLetter.own.shownOrganisation' : 'openLetter.own.waits');
  if (state === 'withdrawn') return translate(lang, 'manage.no');
  if (signatory?.mergedInto) return translate(lang, 'openLetter.own.merged');
  if (review?.reason) {
    const reason = translate(lang, `report.reason.${review.reason}`);
    return translate(lang, 'openLetter.own.notListedReason', { reason });
  }
  if (state !== 'confirmed' || review?.shows === 'nothing')
    return translate(lang, 'openLetter.own.notListed');
  if (isOrganisation) return translate(lang, 'openLetter.own.listed');
  return translate(lang, showName ? 'manage.yes' : 'manage.no');
}
