import type { Types } from 'mongoose';
import { kindOf } from '../../kinds.ts';
import { type Language, languages, Petition } from '../../petition.ts';
import { readDates } from '../dates.ts';
import { mailAddress, phoneNumber, webAddress } from '../fields.ts';
import { readQuestions } from '../questions.ts';
import { imageFrom } from '../save.ts';
import type { Typed } from '../typed.ts';

/** What stands in a preview where nothing is typed yet. */
const placeholders: Record<Language, Record<'title' | 'addressedTo' | 'summary', string>> = {
  en: { title: 'The title', addressedTo: 'somebody', summary: '' },
  fr: { title: 'Le titre', addressedTo: 'quelqu’un', summary: '' },
};

/** A petition that no database has seen, made of whatever is typed so far: what is wrong with it is left out. */
export function draftFrom(typed: Typed, picture: string, now: Date, stored?: Petition): Petition {
  const language = languages.find((known) => known === typed.language) ?? 'en';
  const given = languages.filter((each) => each === language || typed[`${each}-title`]?.trim());
  const timeZone = typed.timeZone ?? 'UTC';
  const number = Number(typed['goal-number']);
  const isFixed = typed['goal-kind'] === 'fixed' && Number.isInteger(number) && number >= 1;
  const draft = new Petition({
    slug: stored?.slug ?? 'preview',
    kind: stored?.kind ?? kindOf(typed.kind),
    letter: stored?.letter,
    language,
    texts: Object.fromEntries(given.map((each) => [each, textFrom(typed, each)])),
    group: groupFrom(typed),
    goal: isFixed ? { kind: 'fixed', number } : { kind: 'auto' },
    publishedAt: stored?.publishedAt && stored.publishedAt < now ? stored.publishedAt : now,
    ...readDates(typed, timeZone, {}, stored),
    timeZone: stored?.timeZone ?? timeZone,
    image: imageFrom(picture, stored),
    asks: {
      ...{ postalCode: typed['ask-postalCode'], phone: typed['ask-phone'] },
      comment: typed['ask-comment'],
    },
    questions: readQuestions(
      typed,
      given,
      {},
      stored?.questions.map(({ key }) => key),
    ),
    consent: { signing: wordsFrom(typed, 'signing'), updates: wordsFrom(typed, 'updates') },
    ...(stored && { history: stored.history, ledger: stored.ledger }),
  });
  return { ...(draft.toObject() as Petition), _id: (stored?._id ?? draft._id) as Types.ObjectId };
}

function textFrom(typed: Typed, language: Language) {
  const { title, addressedTo, summary } = placeholders[language];
  const own = (part: string) => typed[`${language}-${part}`]?.trim();
  return {
    title: own('title') || title,
    addressedTo: own('addressedTo') || addressedTo,
    summary: own('summary') || summary,
    body: own('body') ?? '',
    imageAlt: own('imageAlt') ?? '',
  };
}

const wordsFrom = (typed: Typed, part: string) =>
  Object.fromEntries(languages.map((language) => [language, typed[`${language}-${part}`]?.trim() ?? '']));

function groupFrom(typed: Typed) {
  return {
    name: typed['group-name']?.trim() || '…',
    url: webAddress.safeParse(typed['group-url']).data || undefined,
    pressName: typed['press-name']?.trim() || undefined,
    pressEmail: mailAddress.safeParse(typed['press-email']).data || undefined,
    pressPhone: phoneNumber.safeParse(typed['press-phone']).data || undefined,
  };
}
