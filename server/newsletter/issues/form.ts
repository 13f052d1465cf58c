import { z } from 'zod';
import { newsletterLimits } from '../../../config/limits.ts';
import { type Language, languages } from '../../petitions/petition.ts';
import { controlButLines, controlCharacters } from '../../signatures/characters.ts';
import type { Typed } from '../../signatures/form.ts';
import type { IssueTexts } from './issue.ts';

export type IssueForm = { texts: IssueTexts; revision: number };
/** A sentence at each field that needs one: `subject-en`, `body-fr` ... */
export type IssueProblems = Partial<Record<string, string>>;
type Field = 'subject' | 'preview' | 'body';

export const languageNames: Record<Language, string> = { en: 'English', fr: 'French' };
const what: Record<Field, string> = { subject: 'the subject', preview: 'the preview', body: 'the text' };
/** Markdown's; neither the page nor the mail would show it. */
const picture = /!\[[^\]]*\]\(/;
const revision = z.coerce.number().int().min(0).catch(0);

/** Reads an issue. One language is enough; whoever reads the other then gets that. */
export function parseIssueForm(
  typed: Typed,
): { outcome: 'read'; form: IssueForm } | { outcome: 'refused'; problems: IssueProblems } {
  const problems: IssueProblems = {};
  const texts: IssueTexts = {};
  const isEmpty = (lang: Language) =>
    (['subject', 'preview', 'body'] as const).every((field) => !typed[`${field}-${lang}`]?.trim());
  const given = languages.filter((lang) => !isEmpty(lang));
  for (const lang of given.length > 0 ? given : (['en'] as const)) {
    const read = (field: Field) => (typed[`${field}-${lang}`] ?? '').replaceAll('\r\n', '\n').trim();
    const text = { subject: read('subject'), preview: read('preview'), body: read('body') };
    for (const field of ['subject', 'preview', 'body'] as const) {
      const problem = problemWith(field, text[field], `${what[field]} in ${languageNames[lang]}`);
      if (problem) problems[`${field}-${lang}`] = problem;
    }
    texts[lang] = text;
  }
  if (Object.keys(problems).length > 0) return { outcome: 'refused', problems };
  return { outcome: 'read', form: { texts, revision: revision.parse(typed.revision) } };
}

function problemWith(field: Field, text: string, named: string): string | undefined {
  const length = [...text].length;
  const limit = newsletterLimits[field];
  if (length === 0) return field === 'preview' ? undefined : `Enter ${named}.`;
  if (length > limit)
    return `Shorten ${named}: it has ${length.toLocaleString('en')} characters, at most ${limit.toLocaleString('en')} fit.`;
  if (field !== 'body' && /[\n\r]/.test(text)) return `Write ${named} in one line.`;
  if ((field === 'body' ? controlButLines : controlCharacters).test(text))
    return `Remove the invisible control characters from ${named}.`;
  if (field === 'body' && picture.test(text))
    return `Pictures cannot be shown in the newsletter. Take ![…](…) out of ${named}, or link to the picture without the “!”.`;
  return undefined;
}
