import { translate } from '../locales.ts';
import { listingInWords } from '../open-letters/own.ts';
import type { Language, Petition } from '../petitions/petition.ts';
import type { Signature } from '../signatures/signature.ts';

/** Whether the public sees a signature's name, and why its comment is not beside it: in sentences for the signer. */
export function ownWordsView(
  { moderation }: Pick<Petition, 'moderation'>,
  signature: Pick<Signature, 'showName' | 'hasComment' | 'review' | 'state'> &
    Partial<Pick<Signature, 'signatory'>>,
  lang: Language,
): { name: string; comment?: string } {
  const { showName, hasComment, review } = signature;
  if (signature.signatory?.kind) return { name: listingInWords(signature, lang) };
  if (!showName || ['withdrawn', 'invalidated'].includes(signature.state))
    return { name: translate(lang, 'manage.no') };
  const shows = review?.shows ?? (moderation === 'before' ? undefined : 'all');
  if (!shows) return { name: translate(lang, 'manage.words.waiting') };
  const reason = translate(lang, `report.reason.${review?.reason ?? 'other'}`);
  const refused = translate(lang, 'manage.words.refused', { reason });
  return {
    name: shows === 'nothing' ? refused : translate(lang, 'manage.yes'),
    comment: shows === 'name' && hasComment ? refused : undefined,
  };
}
