import { Types } from 'mongoose';
import { petitionLimits } from '../../../config/limits.ts';
import { imageUrl } from '../../images/image.ts';
import { labelIn } from '../../signatures/asked.ts';
import { assetUrl } from '../../views.ts';
import { kindName, kindOf, kindWords, offeredKinds } from '../kinds.ts';
import { timeZones } from '../local-time.ts';
import { languages, type Petition } from '../petition.ts';
import { phaseOf } from '../phase.ts';
import { isFrozen, versionOf } from '../versions/version.ts';
import type { Problems } from './form.ts';
import { seenOf } from './merge.ts';
import { lacksKind, newKey, slotName, slotsOf } from './question-slots.ts';
import { labelOf, languageWords, type Typed, typedOf } from './typed.ts';

const options = (selected: string | undefined, choices: Readonly<Record<string, string>>) =>
  Object.entries(choices).map(([value, label]) => ({ value, label, selected: value === selected }));

type Words = Readonly<Record<string, string>>;
export const askingWords: Words = { off: 'Not at all', optional: 'If they like', required: 'From everybody' };
export const questionKinds: Words = {
  none: 'No question',
  text: 'A short text',
  choice: 'One of a list',
  yesNo: 'Yes or no',
};

/** What else can be made; nothing where there is no choice. */
const kindsView = (chosen: string | undefined) =>
  offeredKinds.length < 2
    ? []
    : offeredKinds.map((kind) => ({
        ...kindWords[kind],
        url: `/organize/petitions/new?kind=${kind}`,
        isChosen: kind === kindOf(chosen),
      }));

/** Empty places for questions, beside those that are taken. */
const spareQuestions = 2;

/** The form of a petition with what was typed, and a message at each field that needs one. */
export function editorView(typed: Typed, problems: Problems, now: Date, petition?: Petition) {
  const mainLanguage = languages.find((language) => language === typed.language) ?? 'en';
  const path = petition ? `/organize/petitions/${petition._id.toHexString()}` : '/organize/petitions';
  return {
    values: typed,
    errors: problems,
    errorList: Object.entries(problems).map(([field, message]) => ({
      field,
      message,
      label: labelOf(field),
    })),
    action: petition ? `${path}/edit` : path,
    previewAction: `${path}/preview`,
    texts: languages.map((code) => languageView(code, mainLanguage, typed)),
    hasConsent: languages.some((code) => typed[`${code}-signing`] || typed[`${code}-updates`]),
    mainLanguages: options(mainLanguage, languageWords),
    isFixed: typed['goal-kind'] === 'fixed',
    zones: options(typed.timeZone, Object.fromEntries(timeZones().map((zone) => [zone, zone]))),
    asking: {
      postalCode: options(typed['ask-postalCode'], askingWords),
      phone: options(typed['ask-phone'], askingWords),
      comment: options(typed['ask-comment'], askingWords),
    },
    ...questionsView(typed, problems),
    formerQuestions: petition?.formerQuestions?.map(({ label }) => labelIn(label, mainLanguage)),
    pictureUrl: pictureUrl(typed.picture),
    isNew: !petition,
    kinds: petition ? [] : kindsView(typed.kind),
    kindName: kindName(petition?.kind ?? kindOf(typed.kind)),
    // A new one has its id before it is sent: sent twice it is made once.
    draft: petition ? undefined : typed.draft || new Types.ObjectId().toHexString(),
    seen: petition && seenOf(typedOf(petition)),
    isPublic: petition ? phaseOf(petition, now) !== 'draft' : false,
    isFrozen: petition ? isFrozen(petition, now) : false,
    version: petition ? versionOf(petition) : 1,
  };
}

export const pictureUrl = (picture: string | undefined): string | undefined =>
  !picture ? undefined : picture.includes('/') ? assetUrl(picture) : imageUrl(picture);

function languageView(code: (typeof languages)[number], main: string, typed: Typed) {
  const name = (part: string) => `${code}-${part}`;
  const parts = ['title', 'addressedTo', 'summary', 'body', 'imageAlt'];
  return {
    ...{ code, name: languageWords[code], isMain: code === main },
    isOpen: parts.some((part) => typed[name(part)]?.trim()),
    title: name('title'),
    addressedTo: name('addressedTo'),
    summary: name('summary'),
    body: name('body'),
    imageAlt: name('imageAlt'),
    signing: name('signing'),
    updates: name('updates'),
  };
}

/** The questions there are and room for a few more. */
function questionsView(typed: Typed, problems: Problems) {
  const used = slotsOf(typed).filter(
    (number) =>
      (typed[slotName(number, 'kind')] ?? 'none') !== 'none' ||
      lacksKind(typed, number) ||
      problems[slotName(number, 'kind')],
  );
  const last = used.at(-1) ?? 0;
  const room = Math.max(last, Math.min(last + spareQuestions, petitionLimits.questions));
  const numbers = Array.from({ length: room }, (_, at) => at + 1);
  return {
    questions: numbers.map((number) => questionView(number, typed, used.includes(number) ? last : 0)),
    hasQuestions: last > 0,
    mostQuestions: petitionLimits.questions,
  };
}

/** `places` is how many places it can be moved to; none for an empty one, which comes last. */
function questionView(number: number, typed: Typed, places: number) {
  const name = (part: Parameters<typeof slotName>[1]) => slotName(number, part);
  const place = typed[name('place')] || String(number);
  return {
    number,
    isUsed: places > 0,
    title: typed[name('en')] || typed[name('fr')],
    kinds: options(typed[name('kind')] ?? 'none', questionKinds),
    places:
      places > 1
        ? Array.from({ length: places }, (_, at) => String(at + 1)).map((value) => ({
            ...{ value, label: value, selected: value === place },
          }))
        : undefined,
    isRequired: typed[name('required')] === 'on',
    keyName: name('key'),
    key: typed[name('key')] || newKey(),
    kind: name('kind'),
    place: name('place'),
    required: name('required'),
    labels: languages.map((code) => ({
      ...{ name: name(code), code, label: `Question in ${languageWords[code]}` },
    })),
    answers: languages.map((code) => ({
      ...{ name: name(`options-${code}`), code, label: `Answers in ${languageWords[code]}` },
    })),
  };
}
