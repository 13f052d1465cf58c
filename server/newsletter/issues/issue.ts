import { type InferSchemaType, model, Schema, type Types } from 'mongoose';
import { newsletterLimits } from '../../../config/limits.ts';
import { type Language, languages } from '../../petitions/petition.ts';
import { publicationFields, sendingFields } from '../../updates/publication.ts';

const text = new Schema(
  {
    subject: { type: String, required: true, maxlength: 2 * newsletterLimits.subject },
    /** What a mailbox shows beside the subject. */
    preview: { type: String, default: '', maxlength: 2 * newsletterLimits.preview },
    /** Markdown, with places of comments: see comments/print.ts. */
    body: { type: String, required: true, maxlength: 2 * newsletterLimits.body },
  },
  { _id: false },
);

const sending = new Schema(
  {
    ...sendingFields,
    texts: { en: text, fr: text },
  },
  { _id: false },
);

const schema = new Schema(
  {
    /** Begins with the day it was first written, and never changes. */
    slug: { type: String, required: true, unique: true },
    texts: { en: text, fr: text },
    ...publicationFields,
    sending,
  },
  { versionKey: false, collection: 'newsletterIssues' },
);
schema.index({ publishedAt: -1 });
schema.index({ createdAt: -1 });

export type Issue = InferSchemaType<typeof schema> & { _id: Types.ObjectId };
export const Issue = model('NewsletterIssue', schema);
export type IssueTexts = { [Lang in Language]?: { subject: string; preview: string; body: string } };

type Worded = { texts?: Issue['texts'] | IssueTexts | null };

/** The issue in a language, or in whichever it has. */
export function issueTextIn(issue: Worded, lang: Language) {
  const found = [lang, ...languages].find((language) => issue.texts?.[language]);
  const written = found && issue.texts?.[found];
  if (!found || !written) throw new Error('An issue has no text');
  return { lang: found, subject: written.subject, preview: written.preview, body: written.body };
}

/** Every text of an issue, for what is looked up for all of them at once. */
export const bodiesOf = ({ texts }: Worded): string[] =>
  languages.flatMap((language) => texts?.[language]?.body ?? []);

/** What the public may read, the newest first. */
export const published = { publishedAt: { $ne: null }, hiddenAt: null } as const;
