import { Types } from 'mongoose';
import { record } from '../../audit/entry.ts';
import { slugFrom } from '../../petitions/organize/fields.ts';
import type { Language } from '../../petitions/petition.ts';
import { languagesIn } from '../../updates/publication.ts';
import { NewsletterComment } from '../comments/comment.ts';
import { placeFor, printable } from '../comments/print.ts';
import type { IssueForm } from './form.ts';
import { Issue, issueTextIn } from './issue.ts';

type By = { organizer: Types.ObjectId };

/** Writes a new issue, for the organizers' eyes until it is shown or sent. Returns its id. */
export async function writeIssue(
  { texts }: Pick<IssueForm, 'texts'>,
  { organizer }: By,
  now = new Date(),
): Promise<Types.ObjectId> {
  const _id = new Types.ObjectId();
  const base = `${now.toISOString().slice(0, 10)}-${slugFrom(issueTextIn({ texts }, 'en').subject)}`;
  for (let attempt = 1; ; attempt += 1) {
    const slug = attempt === 1 ? base : `${base}-${attempt}`;
    try {
      await Issue.create({ _id, slug, texts, createdAt: now, createdBy: organizer });
      break;
    } catch (error) {
      if ((error as { code?: number }).code !== 11000 || attempt === 50) throw error;
    }
  }
  await record({ organizer, action: 'newsletter.write', subject: _id.toHexString() });
  return _id;
}

/** Changes an issue. `changed` where somebody saved another version since this one was opened. */
export async function changeIssue(
  { _id }: Pick<Issue, '_id'>,
  { texts, revision }: IssueForm,
  { organizer }: By,
  now = new Date(),
): Promise<'saved' | 'changed'> {
  const { matchedCount } = await Issue.updateOne(
    { _id, revision },
    { $set: { texts, changedAt: now }, $inc: { revision: 1 } },
  );
  if (matchedCount === 0) return 'changed';
  await record({ organizer, action: 'newsletter.change', subject: _id.toHexString() });
  return 'saved';
}

/** Shows it on the web. The date is the first time's. */
export async function publishIssue({ _id }: Pick<Issue, '_id'>, { organizer }: By, now = new Date()) {
  const first = await Issue.updateOne({ _id, publishedAt: null }, { $set: { publishedAt: now } });
  const again = await Issue.updateOne({ _id, hiddenAt: { $ne: null } }, { $unset: { hiddenAt: 1 } });
  if (first.modifiedCount + again.modifiedCount === 0) return;
  await record({ organizer, action: 'newsletter.publish', subject: _id.toHexString() });
}

/** Takes it off the web. */
export async function hideIssue({ _id }: Pick<Issue, '_id'>, { organizer }: By, now = new Date()) {
  const { modifiedCount } = await Issue.updateOne(
    { _id, publishedAt: { $ne: null }, hiddenAt: null },
    { $set: { hiddenAt: now } },
  );
  if (modifiedCount > 0) await record({ organizer, action: 'newsletter.hide', subject: _id.toHexString() });
}

/** Throws a draft away. False where it was shown or sent: then it stays. */
export async function discardIssue({ _id }: Pick<Issue, '_id'>, { organizer }: By): Promise<boolean> {
  const { deletedCount } = await Issue.deleteOne({ _id, publishedAt: null, sending: null });
  if (deletedCount === 0) return false;
  await NewsletterComment.updateMany({ printedIn: _id }, { $unset: { printedIn: 1 } });
  await record({ organizer, action: 'newsletter.discard', subject: _id.toHexString() });
  return true;
}

/**
 * Puts comments at the end of an issue's text: of those chosen, the ones whose writers agreed and that are not printed yet.
 * `changed` where somebody saved another version since it was opened. Returns how many were put in.
 */
export async function printComments(
  issue: Issue,
  { ids, lang, revision }: { ids: readonly Types.ObjectId[]; lang: Language; revision: number },
  { organizer }: By,
  now = new Date(),
): Promise<number | 'changed'> {
  const language = languagesIn(issue).includes(lang) ? lang : issueTextIn(issue, lang).lang;
  const { body } = issueTextIn(issue, language);
  const chosen = await NewsletterComment.find({ _id: { $in: ids }, ...printable }, { _id: 1 })
    .sort({ confirmedAt: 1 })
    .lean<NewsletterComment[]>();
  const fresh = chosen.filter((comment) => !body.includes(placeFor(comment)));
  if (fresh.length === 0) return 0;
  const { matchedCount } = await Issue.updateOne(
    { _id: issue._id, revision },
    {
      $set: {
        [`texts.${language}.body`]: [body, ...fresh.map(placeFor)].join('\n\n'),
        changedAt: now,
      },
      $inc: { revision: 1 },
    },
  );
  if (matchedCount === 0) return 'changed';
  const printed = fresh.map(({ _id }) => _id);
  await NewsletterComment.updateMany({ _id: { $in: printed } }, { $set: { printedIn: issue._id } });
  const details = { comments: printed.length };
  await record({ organizer, action: 'newsletter.print', subject: issue._id.toHexString(), details });
  return printed.length;
}
