import { Types } from 'mongoose';
import { petitionLimits } from '../../../config/limits.ts';
import { copyTargets } from '../../letters/target.ts';
import { type Language, Petition } from '../petition.ts';

const copyWords: Record<Language, string> = { en: 'copy', fr: 'copie' };

/** Makes a draft with the same words, picture and questions; nothing that happened comes along. */
export async function copyPetition(
  petition: Petition,
  { _id: editedBy }: { _id: Types.ObjectId },
): Promise<Types.ObjectId> {
  const { language, kind, group, goal, timeZone, hashtags, asks, questions, consent, team } = petition;
  const texts = Object.fromEntries(
    Object.entries(petition.texts ?? {}).flatMap(([lang, text]) =>
      text
        ? [
            [
              lang,
              {
                ...text,
                title: `${text.title} (${copyWords[lang as Language]})`.slice(0, petitionLimits.title),
              },
            ],
          ]
        : [],
    ),
  );
  const { image, donationUrl, newsletterUrl, representatives, letter } = petition;
  const _id = new Types.ObjectId();
  await Petition.create({
    ...{ _id, kind, language, texts, image, group, goal, timeZone, hashtags, asks, questions },
    ...{ consent, team, donationUrl, newsletterUrl, editedBy, representatives, letter },
    slug: `${petition.slug.slice(0, 60).replace(/-+$/, '')}-${_id.toHexString().slice(-8)}`,
  });
  await copyTargets(petition._id, _id);
  return _id;
}
