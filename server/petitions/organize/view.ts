import { imageUrl } from '../../images/image.ts';
import { assetUrl } from '../../views.ts';
import { differenceOf } from '../difference.ts';
import { timeZones } from '../local-time.ts';
import { languages, type Petition } from '../petition.ts';
import { phaseOf } from '../phase.ts';
import { isFrozen, versionOf } from '../versions/version.ts';
import type { Problems } from './form.ts';
import { differingFields, labelOf, languageWords, questionNumbers, type Typed, typedOf } from './typed.ts';

const options = (selected: string | undefined, choices: Readonly<Record<string, string>>) =>
  Object.entries(choices).map(([value, label]) => ({ value, label, selected: value === selected }));

const askings = { off: 'Not at all', optional: 'If they like', required: 'From everybody' };
const kinds = { none: 'No question', text: 'A short text', choice: 'One of a list', yesNo: 'Yes or no' };

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
      postalCode: options(typed['ask-postalCode'], askings),
      phone: options(typed['ask-phone'], askings),
      comment: options(typed['ask-comment'], askings),
    },
    questions: questionNumbers.map((number) => questionView(number, typed)),
    hasQuestions: questionNumbers.some((number) => (typed[`q${number}-kind`] ?? 'none') !== 'none'),
    pictureUrl: urlOf(typed.picture),
    isNew: !petition,
    isPublic: petition ? phaseOf(petition, now) !== 'draft' : false,
    isFrozen: petition ? isFrozen(petition, now) : false,
    version: petition ? versionOf(petition) : 1,
  };
}

const urlOf = (picture: string | undefined): string | undefined =>
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

function questionView(number: number, typed: Typed) {
  const name = (part: string) => `q${number}-${part}`;
  return {
    number,
    kinds: options(typed[name('kind')] ?? 'none', kinds),
    isRequired: typed[name('required')] === 'on',
    keyName: name('key'),
    key: typed[name('key')] ?? '',
    kind: name('kind'),
    required: name('required'),
    labels: languages.map((code) => ({ name: name(code), language: languageWords[code] })),
    answers: languages.map((code) => ({ name: name(`options-${code}`), language: languageWords[code] })),
  };
}

/** How a form differs from what somebody else has saved meanwhile, field by field. */
export function conflictView(stored: Petition, typed: Typed) {
  const theirs = typedOf(stored);
  return differingFields(theirs, typed)
    .filter((name) => !/^q\d-key$/.test(name))
    .map((name) => ({
      label: labelOf(name),
      paragraphs: differenceOf(theirs[name] ?? '', typed[name] ?? ''),
    }));
}
