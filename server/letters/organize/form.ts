import { letterLimits } from '../../../config/limits.ts';
import { type Language, languages, languagesOf, type Petition } from '../../petitions/petition.ts';
import { controlButLines, controlCharacters } from '../../signatures/characters.ts';
import { parseAddress } from '../../signers/address.ts';
import type { LetterText } from '../settings.ts';

type Typed = Readonly<Record<string, string>>;
/** A sentence at each field that needs one. */
export type Problems = Record<string, string>;

export type SettingsForm = {
  texts: Partial<Record<Language, LetterText>>;
  ownSubject: boolean;
  digest: boolean;
  revision: number;
};
type ReadSettings = { outcome: 'read'; form: SettingsForm } | { outcome: 'refused'; problems: Problems };

export const languageNames: Readonly<Record<Language, string>> = { en: 'English', fr: 'French' };
const lengthOf = (text: string): number => [...text].length;
const inDigits = (number: number): string => number.toLocaleString('en');

/**
 * Reads what a letter says, in the languages of its petition. The petition's own must be there; another may be left out
 * whole, its signers then begin with the petition's own.
 */
export function readSettings(petition: Petition, typed: Typed): ReadSettings {
  const texts: SettingsForm['texts'] = {};
  const problems: Problems = {};
  for (const lang of languagesOf(petition)) {
    const text = textOf(typed, lang);
    const isEmpty = !text.subject && !text.points && !text.text;
    if (isEmpty && lang !== petition.language) continue;
    texts[lang] = text;
    const found = problemsOf(text, languageNames[lang]);
    for (const [part, problem] of Object.entries(found)) problems[`${part}-${lang}`] = problem;
  }
  if (Object.keys(problems).length > 0) return { outcome: 'refused', problems };
  const revision = /^\d{1,9}$/.test(typed.revision ?? '') ? Number(typed.revision) : -1;
  const ticks = { ownSubject: typed.ownSubject === 'on', digest: typed.digest === 'on' };
  return { outcome: 'read', form: { texts, ...ticks, revision } };
}

function textOf(typed: Typed, lang: Language): LetterText {
  const of = (part: string) => (typed[`${part}-${lang}`] ?? '').replaceAll('\r\n', '\n').trim();
  return { subject: of('subject'), points: of('points'), text: of('text') };
}

function problemsOf({ subject, points, text }: LetterText, language: string): Problems {
  const problems: Problems = {};
  if (!subject) problems.subject = `Enter the subject in ${language}.`;
  else if (controlCharacters.test(subject)) problems.subject = 'A subject is one line of plain text.';
  else if (lengthOf(subject) > letterLimits.subject)
    problems.subject = `Shorten the subject to ${inDigits(letterLimits.subject)} characters.`;
  for (const [part, words] of [
    ['points', points],
    ['text', text],
  ] as const) {
    if (lengthOf(words) > letterLimits.text)
      problems[part] =
        `It has ${inDigits(lengthOf(words))} characters, at most ${inDigits(letterLimits.text)} fit.`;
    else if (controlButLines.test(words)) problems[part] = 'Remove the invisible control characters.';
  }
  return problems;
}

/** A target as organizers write it. */
export type TargetForm = {
  name: string;
  title: string;
  address: string;
  mailbox: string;
  language: Language;
  salutation?: string;
};
type ReadTarget = { outcome: 'read'; target: TargetForm } | { outcome: 'refused'; problems: Problems };

const languageOf = (typed: string): Language | undefined =>
  languages.find((lang) => lang === typed.trim().toLowerCase().slice(0, 2));

/** Reads one target, from a form or a row of a sheet. */
export function readTarget({ language: usual }: Pick<Petition, 'language'>, typed: Typed): ReadTarget {
  const of = (field: string) => (typed[field] ?? '').trim();
  const { targetName: longest, salutation: longestSalutation } = letterLimits;
  const problems: Problems = {};
  const line = (field: string, most: number) => {
    if (controlCharacters.test(of(field))) problems[field] = 'One line of plain text.';
    else if (lengthOf(of(field)) > most) problems[field] = `At most ${most} characters.`;
  };
  line('name', longest);
  line('title', longest);
  line('salutation', longestSalutation);
  if (!of('name')) problems.name = 'Enter the name.';
  const address = parseAddress(of('address'));
  if (!of('address')) problems.address = 'Enter the e-mail address.';
  else if (!address) problems.address = 'This is no e-mail address. It should look like name@example.org.';
  const language = of('language') ? languageOf(of('language')) : usual;
  if (!language) problems.language = 'English or French: en or fr.';
  if (!address || !language || Object.keys(problems).length > 0) return { outcome: 'refused', problems };
  const salutation = of('salutation') || undefined;
  const { canonical: mailbox } = address;
  return {
    outcome: 'read',
    target: {
      ...{ name: of('name'), title: of('title'), address: address.address, mailbox, language, salutation },
    },
  };
}
