import { z } from 'zod';
import { updateLimits } from '../../config/limits.ts';
import { type Language, languagesOf, type Petition } from '../petitions/petition.ts';
import { type UpdateKind, type UpdateTexts, updateKinds } from './update.ts';

type Typed = Readonly<Record<string, string>>;
export type UpdateForm = {
  kind: UpdateKind;
  texts: UpdateTexts;
  revision: number;
  image?: { upload: string };
};
/** A sentence at each field that needs one: `title-en`, `body-fr` ... */
export type UpdateProblems = Partial<Record<string, string>>;

const control = /[^\P{Cc}\n\t]|[\u202a-\u202e\u2066-\u2069]/u;
/** Markdown's; neither the page nor the mail would show it. */
const picture = /!\[[^\]]*\]\(/;
const head = z.object({
  kind: z.enum(updateKinds).catch('update'),
  revision: z.coerce.number().int().min(0).catch(0),
});
const languageNames: Record<Language, string> = { en: 'English', fr: 'French' };

/**
 * Reads an update in the languages of its petition. The petition's own must be there; another may be left out whole,
 * its readers then get the petition's own.
 */
export function parseUpdateForm(
  petition: Petition,
  typed: Typed,
): { outcome: 'read'; form: UpdateForm } | { outcome: 'refused'; problems: UpdateProblems } {
  const problems: UpdateProblems = {};
  const texts: UpdateTexts = {};
  for (const lang of languagesOf(petition)) {
    const title = (typed[`title-${lang}`] ?? '').trim();
    const body = (typed[`body-${lang}`] ?? '').replaceAll('\r\n', '\n').trim();
    if (!title && !body && lang !== petition.language) continue;
    const name = languageNames[lang];
    problems[`title-${lang}`] = problemWith(title, `the title in ${name}`, updateLimits.title);
    problems[`body-${lang}`] = problemWith(body, `the text in ${name}`, updateLimits.body);
    if (picture.test(body))
      problems[`body-${lang}`] =
        `Pictures cannot be shown in an update. Take ![…](…) out of the text in ${name}, or link to the picture without the “!”.`;
    if (/\n/.test(title)) problems[`title-${lang}`] = 'A title is one line.';
    const imageAlt = (typed[`alt-${lang}`] ?? '').trim();
    if (typed.picture)
      problems[`alt-${lang}`] = problemWith(
        imageAlt,
        `what the picture shows, in ${name}`,
        updateLimits.imageAlt,
      );
    texts[lang] = { title, body, ...(typed.picture && { imageAlt }) };
  }
  for (const [field, problem] of Object.entries(problems)) if (!problem) delete problems[field];
  if (Object.keys(problems).length > 0) return { outcome: 'refused', problems };
  const image = typed.picture ? { upload: typed.picture } : undefined;
  return { outcome: 'read', form: { ...head.parse(typed), texts, ...(image && { image }) } };
}

function problemWith(text: string, what: string, limit: number): string | undefined {
  const length = [...text].length;
  if (length === 0) return `Enter ${what}.`;
  if (length > limit)
    return `Shorten ${what}: it has ${length.toLocaleString('en')} characters, at most ${limit.toLocaleString('en')} fit.`;
  if (control.test(text)) return `Remove the invisible control characters from ${what}.`;
  return undefined;
}
