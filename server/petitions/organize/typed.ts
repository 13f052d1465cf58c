import { askedOf } from '../../signatures/asked.ts';
import type { Kind } from '../kinds.ts';
import { localOf } from '../local-time.ts';
import { type Language, languages, type Petition } from '../petition.ts';
import { questionFields } from './question-slots.ts';

/** A form as it is sent and shown: one string a field. */
export type Typed = Readonly<Record<string, string>>;

/** A petition as its own form would send it: what the form is filled with, and what another one is compared with. */
export function typedOf(petition: Petition): Typed {
  const { group, goal, timeZone, opensAt, closesAt } = petition;
  const zone = timeZone ?? 'UTC';
  const asked = askedOf(petition);
  return {
    ...Object.assign({}, ...languages.map((language) => textFields(petition, language))),
    ...{ slug: petition.slug, language: petition.language, picture: pictureIn(petition) },
    ...{ 'goal-kind': goal?.kind ?? 'auto', 'goal-number': String(goal?.number ?? '') },
    ...{ timeZone: zone, opensAt: opensAt ? localOf(opensAt, zone) : '' },
    closesAt: closesAt ? localOf(closesAt, zone) : '',
    ...{ 'group-name': group?.name ?? '', 'group-url': group?.url ?? '' },
    ...{ 'press-name': group?.pressName ?? '', 'press-email': group?.pressEmail ?? '' },
    'press-phone': group?.pressPhone ?? '',
    ...{ 'ask-postalCode': asked.postalCode, 'ask-phone': asked.phone, 'ask-comment': asked.comment },
    ...questionFields(petition),
    hashtags: petition.hashtags.join(' '),
    ...{ donationUrl: petition.donationUrl ?? '', newsletterUrl: petition.newsletterUrl ?? '' },
  };
}

/** The name by which a form keeps the petition's picture. */
export const pictureIn = ({ image }: Pick<Petition, 'image'>): string => image?.upload ?? image?.file ?? '';

function textFields({ texts, consent }: Petition, language: Language): Typed {
  const text = texts?.[language];
  return {
    [`${language}-title`]: text?.title ?? '',
    [`${language}-addressedTo`]: text?.addressedTo ?? '',
    [`${language}-summary`]: text?.summary ?? '',
    [`${language}-body`]: text?.body ?? '',
    [`${language}-imageAlt`]: text?.imageAlt ?? '',
    [`${language}-signing`]: consent?.signing?.[language] ?? '',
    [`${language}-updates`]: consent?.updates?.[language] ?? '',
  };
}

/** A form nobody has filled in. */
export const blankTyped = (sender: string, kind: Kind): Typed => ({
  kind,
  ...{ language: 'en', 'goal-kind': 'auto', timeZone: 'UTC', 'group-name': sender },
  ...{ 'ask-postalCode': 'optional', 'ask-phone': 'off', 'ask-comment': 'optional' },
});

export const languageWords: Record<Language, string> = { en: 'English', fr: 'French' };
const partWords: Readonly<Record<string, string>> = {
  ...{ title: 'Title', addressedTo: 'Addressed to', summary: 'Summary', body: 'Text' },
  ...{ imageAlt: 'What the picture shows', signing: 'Words under the button' },
  updates: 'Words beside the box for updates',
};
const fieldWords: Readonly<Record<string, string>> = {
  ...{ slug: 'Address', language: 'Main language', picture: 'Picture', file: 'Picture' },
  ...{ goal: 'Goal', dates: 'Dates', questions: 'Order of the questions', petitions: 'Petitions' },
  ...{ 'goal-kind': 'Goal', 'goal-number': 'Number aimed for', timeZone: 'Time zone' },
  ...{ opensAt: 'Opens', closesAt: 'Closes', hashtags: 'Hashtags' },
  ...{ 'group-name': 'Group', 'group-url': 'Group’s website', 'press-name': 'Press contact' },
  ...{ 'press-email': 'Press e-mail', 'press-phone': 'Press phone', donationUrl: 'Donation link' },
  ...{ newsletterUrl: 'Newsletter link', 'ask-postalCode': 'Ask for the postal code' },
  ...{ 'ask-phone': 'Ask for the phone number', 'ask-comment': 'Ask for a reason' },
};

/** What a field is called on the page. */
export function labelOf(name: string): string {
  const [, language, part] = /^(en|fr)-(.+)$/.exec(name) ?? [];
  if (language && part) return `${partWords[part]} (${languageWords[language as Language]})`;
  const [, number] = /^q(\d+)-/.exec(name) ?? [];
  return number ? `Question ${number}` : (fieldWords[name] ?? name);
}
