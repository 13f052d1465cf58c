import type { Platform } from '../../platform.ts';
import { NewsletterComment, openComment, shown } from './comment.ts';

/** Stands for a comment in an issue's text, on a line of its own: words that are taken back later are gone from it. */
const place = /^\[\[comment ([0-9a-f]{24})\]\][^\S\n]*$/gm;

export const placeFor = ({ _id }: Pick<NewsletterComment, '_id'>): string =>
  `[[comment ${_id.toHexString()}]]`;

/** What is printed where a comment's place is, by its id. */
export type Printed = ReadonlyMap<string, { name: string; comment: string }>;

/** Comments that may be printed: their writers agreed, and a moderator approved them. */
export const printable = { ...shown, mayPrint: true } as const;

/** The comments that have a place in these texts and may still be printed. */
export async function printedIn(
  platform: Pick<Platform, 'vault'>,
  bodies: readonly string[],
): Promise<Printed> {
  const ids = bodies.flatMap((body) => [...body.matchAll(place)].map(([, id]) => id ?? ''));
  if (ids.length === 0) return new Map();
  const comments = await NewsletterComment.find({ _id: { $in: ids }, ...printable }).lean<
    NewsletterComment[]
  >();
  return new Map(
    comments.map((comment) => [
      comment._id.toHexString(),
      { name: openComment(platform, comment, 'name'), comment: openComment(platform, comment, 'comment') },
    ]),
  );
}

/** An issue's Markdown with the comments in their places, as quotations. */
export const withComments = (body: string, printed: Printed): string =>
  filled(body, printed, (text) => text.replaceAll(/[!-/:-@[-`{-~]/g, '\\$&'));

/** The same to be read as it is. */
export const withPlainComments = (body: string, printed: Printed): string =>
  filled(body, printed, (text) => text);

function filled(body: string, printed: Printed, guarded: (text: string) => string): string {
  return body.replaceAll(place, (_, id: string) => {
    const found = printed.get(id);
    if (!found) return '';
    // A line of a poem stays one.
    const lines = found.comment
      .split('\n')
      .map((line) => (line.trim() ? `> ${guarded(line.trim())}  ` : '>'));
    return [...lines, '>', `> — ${guarded(found.name)}`].join('\n');
  });
}
