import { inWords } from '../locales.ts';
import { shownOn, showsComment } from '../moderation/review.ts';
import { inLanguage } from '../page.ts';
import { placeName } from '../places.ts';
import type { Platform } from '../platform.ts';
import { Signature } from '../signatures/signature.ts';
import { openField } from '../signatures/view.ts';
import type { Language, Petition } from './petition.ts';

const recentSupporters = 10;

/** The latest people who agreed to be named, and their reasons. */
export async function supportersView(
  platform: Pick<Platform, 'vault' | 'tokens'>,
  petition: Petition,
  lang: Language,
  now: Date,
) {
  const signatures = await Signature.find(
    {
      ...{ petition: petition._id, ...shownOn(petition) },
      // Whoever signs an open letter with a title is listed apart.
      ...(petition.kind === 'openLetter' && { 'signatory.kind': null }),
    },
    { petition: 1, emailKey: 1, sealed: 1, country: 1, region: 1, confirmedAt: 1, review: 1 },
  )
    .sort({ confirmedAt: -1 })
    .limit(recentSupporters)
    .lean<Signature[]>();
  return signatures.flatMap((signature) => {
    const { country, region, confirmedAt } = signature;
    const name = openField(platform, signature, 'name');
    if (!name || !confirmedAt) return [];
    return {
      name,
      comment: showsComment(signature) ? openField(platform, signature, 'comment') : undefined,
      place: placeName(lang, country, region),
      when: inWords(lang, confirmedAt, now),
      reportUrl: inLanguage(
        `/petitions/${petition.slug}/reports?item=${platform.tokens.issue('report', signature._id)}`,
        lang,
        petition.language,
      ),
    };
  });
}
