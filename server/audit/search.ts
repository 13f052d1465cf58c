import { Types } from 'mongoose';
import { z } from 'zod';
import { actionSentence } from './actions.ts';
import { AuditEntry } from './entry.ts';
import { idsNamed, type Names } from './names.ts';
import { wordsOf } from './words.ts';

export const pageSize = 100;
const day = 24 * 60 * 60 * 1000;
const mostWords = 8;

const id = z
  .string()
  .regex(/^[0-9a-f]{24}$/)
  .optional()
  .catch(undefined);

/** What may be asked of the log. What cannot be read is not asked. */
export const filterForm = z.object({
  q: z.string().trim().max(200).optional().catch(undefined),
  organizer: id,
  petition: id,
  action: z
    .string()
    .regex(/^[a-zA-Z.]{1,60}$/)
    .optional()
    .catch(undefined),
  from: z.iso.date().optional().catch(undefined),
  to: z.iso.date().optional().catch(undefined),
  /** The last entry of the page before: its time and id. */
  before: z
    .string()
    .regex(/^\d{1,15}-[0-9a-f]{24}$/)
    .optional()
    .catch(undefined),
});
/** An entry as somebody wrote it down: its number and the code that stands for it and all before it. */
export const notedForm = z.object({
  number: z.coerce.number().int().positive().optional().catch(undefined),
  code: z
    .string()
    .regex(/^\s*([0-9a-f]\s*){16}$/i)
    .optional()
    .catch(undefined),
});
type Filter = z.output<typeof filterForm>;

/** A page of the log and one more entry where there is another page; the latest first. */
export const findEntries = (filter: Filter, names: Names, actions: string[]): Promise<AuditEntry[]> =>
  AuditEntry.find({
    ...(filter.organizer && { organizer: new Types.ObjectId(filter.organizer) }),
    ...(filter.petition && { petition: new Types.ObjectId(filter.petition) }),
    ...(filter.action && { action: filter.action }),
    $and: [
      {},
      ...between(filter),
      ...(filter.before ? [olderThan(filter.before)] : []),
      ...wordsOf(filter.q ?? '')
        .slice(0, mostWords)
        .map((word) => saying(word, names, actions)),
    ],
  })
    .sort({ at: -1, _id: -1 })
    .limit(pageSize + 1)
    .lean<AuditEntry[]>();

/** Entries that have a word which begins so, anywhere a reader would see it. */
function saying(word: string, { people, petitions }: Names, actions: string[]) {
  const persons = idsNamed(people, wordsOf, word);
  const titled = idsNamed(petitions, wordsOf, word);
  const done = actions.filter((action) =>
    wordsOf(`${actionSentence(action)} ${action}`).some((part) => part.startsWith(word)),
  );
  return {
    $or: [
      { words: { $regex: `^${word}` } },
      { action: { $in: done } },
      { organizer: { $in: persons.map((person) => new Types.ObjectId(person)) } },
      { subject: { $in: persons } },
      { petition: { $in: titled.map((petition) => new Types.ObjectId(petition)) } },
    ],
  };
}

const between = ({ from, to }: Filter) => [
  ...(from ? [{ at: { $gte: new Date(from) } }] : []),
  ...(to ? [{ at: { $lt: new Date(Date.parse(to) + day) } }] : []),
];

function olderThan(cursor: string) {
  const [time, last] = cursor.split('-');
  const at = new Date(Number(time));
  return { $or: [{ at: { $lt: at } }, { at, _id: { $lt: new Types.ObjectId(last) } }] };
}

export const cursorOf = ({ at, _id }: AuditEntry): string => `${at.getTime()}-${_id.toHexString()}`;
