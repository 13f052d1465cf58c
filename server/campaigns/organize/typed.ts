import { localOf } from '../../petitions/local-time.ts';
import { pictureIn, type Typed } from '../../petitions/organize/typed.ts';
import { type Language, languages } from '../../petitions/petition.ts';
import type { Campaign } from '../campaign.ts';

/** A campaign as its own form would send it: what the form is filled with, and what another one is compared with. */
export function typedCampaign(campaign: Campaign): Typed {
  const { opensAt, closesAt, timeZone } = campaign;
  const zone = timeZone ?? 'UTC';
  return {
    ...Object.assign({}, ...languages.map((language) => textFields(campaign, language))),
    ...{ slug: campaign.slug, language: campaign.language, picture: pictureIn(campaign) },
    ...{ timeZone: zone, opensAt: opensAt ? localOf(opensAt, zone) : '' },
    closesAt: closesAt ? localOf(closesAt, zone) : '',
    hashtags: campaign.hashtags.join(' '),
    petitions: campaign.petitions.map(String).join(' '),
  };
}

function textFields({ texts }: Campaign, language: Language): Typed {
  const text = texts?.[language];
  return {
    [`${language}-title`]: text?.title ?? '',
    [`${language}-summary`]: text?.summary ?? '',
    [`${language}-body`]: text?.body ?? '',
    [`${language}-imageAlt`]: text?.imageAlt ?? '',
  };
}

/** A form nobody has filled in. */
export const blankCampaign: Typed = { language: 'en', timeZone: 'UTC', petitions: '' };

const placeField = /^place-([0-9a-f]{24})$/;

/** The form with its petitions as one list, from the place that was chosen for each; the first of a place stays first. */
export function withPetitions(sent: Typed): Typed {
  const before = (sent.petitions ?? '').split(' ');
  const places = Object.entries(sent).flatMap(([name, value]) => {
    const [, id] = placeField.exec(name) ?? [];
    const place = Number(value);
    return id && value.trim() ? [{ id, place: Number.isInteger(place) ? place : 1_000 }] : [];
  });
  const rest = Object.entries(sent).filter(([name]) => !placeField.test(name));
  const typed = Object.fromEntries(rest);
  // One that was moved to a place comes before what stood there.
  const rank = ({ id, place }: { id: string; place: number }) => {
    const was = before.indexOf(id) + 1;
    return was === place ? place : place + Math.sign(place - (was || 1_000)) / 2;
  };
  const petitions = places
    .sort((a, b) => rank(a) - rank(b))
    .map(({ id }) => id)
    .join(' ');
  return { ...typed, petitions };
}
