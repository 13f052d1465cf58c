import { Types } from 'mongoose';
import type { Env } from '../../config/env.ts';
import { NewsletterComment, placeOf as placeOfComment } from '../../server/newsletter/comments/comment.ts';
import { placeFor } from '../../server/newsletter/comments/print.ts';
import { Issue } from '../../server/newsletter/issues/issue.ts';
import { placeOf, Subscriber } from '../../server/newsletter/subscriber.ts';
import { createVault, type Vault } from '../../server/signers/vault.ts';

const day = 86_400_000;
const readers = 60;
/** Nobody wrote these: there is no organizer yet. */
const nobody = new Types.ObjectId('000000000000000000000000');

/** A newsletter with readers who joined over a year, an issue on the web with comments, and the draft of the next. */
export async function seedNewsletter(
  env: Pick<Env, 'ENCRYPTION_KEYS' | 'LOOKUP_KEY'>,
  now: Date,
): Promise<void> {
  const vault = createVault(env.ENCRYPTION_KEYS, env.LOOKUP_KEY);
  await Subscriber.insertMany(
    Array.from({ length: readers }, (_, n) => sampleReader(vault, n, now)),
    { lean: true },
  );
  const at = new Date(now.getTime() - 9 * day);
  const issue = await Issue.create({
    slug: `${at.toISOString().slice(0, 10)}-what-a-week-by-the-water`,
    ...{ texts: first, createdAt: at, publishedAt: at, createdBy: nobody },
  });
  const [printed] = await Promise.all(
    comments.map((comment, n) =>
      sampleComment(vault, issue._id, comment, new Date(at.getTime() + (n + 1) * 7_200_000)),
    ),
  );
  const place = printed ? placeFor(printed) : '';
  await Issue.create({
    slug: `${now.toISOString().slice(0, 10)}-two-minutes-for-the-ferry`,
    texts: { en: { ...next, body: `${next.body}\n\n## You write\n\n${place}` } },
    ...{ createdAt: now, createdBy: nobody },
  });
}

function sampleReader(vault: Vault, n: number, now: Date) {
  const email = `newsletter-${n + 1}@example.org`;
  const emailKey = vault.emailKey(email);
  const at = new Date(now.getTime() - (n * 5 + 1) * day);
  const hasLeft = n % 11 === 5;
  return {
    ...{ _id: new Types.ObjectId(), emailKey, language: n % 4 === 3 ? 'fr' : 'en', source: 'page' },
    state: hasLeft ? 'unsubscribed' : 'subscribed',
    sealed: hasLeft
      ? {}
      : {
          email: vault.seal(email, placeOf(emailKey, 'email')),
          name: vault.seal(`Sample ${n + 1}`, placeOf(emailKey, 'name')),
        },
    ...{ consent: [], createdAt: at, subscribedAt: at, mail: { n: 0 } },
    ...(hasLeft && { unsubscribedAt: new Date(at.getTime() + 3 * day) }),
  };
}

type Sample = { name: string; comment: string; mayPrint: boolean; isApproved: boolean };

const comments: Sample[] = [
  {
    name: 'Ottoline Brack',
    comment:
      'I counted the boats on Saturday: eleven, and not one of them could land.\nKeep at it, we read every word.',
    ...{ mayPrint: true, isApproved: true },
  },
  {
    name: 'Jonah Vale',
    comment: 'The council meets on the 14th, by the way. Who else is coming?',
    ...{ mayPrint: false, isApproved: true },
  },
  {
    name: 'Prue Marchetti',
    comment: 'My grandmother learned to read in that library. Put that in your letter.',
    ...{ mayPrint: true, isApproved: false },
  },
];

async function sampleComment(vault: Vault, issue: Types.ObjectId, sample: Sample, at: Date) {
  const _id = new Types.ObjectId();
  const email = `${sample.name.toLowerCase().replaceAll(' ', '.')}@example.org`;
  const seal = (field: 'email' | 'name' | 'comment', text: string) =>
    vault.seal(text, placeOfComment(_id, field));
  await NewsletterComment.create({
    ...{ _id, issue, language: 'en', state: 'confirmed', mayPrint: sample.mayPrint },
    ...{ emailKey: vault.emailKey(email), textKey: vault.nameKey(sample.comment) },
    sealed: {
      ...{ email: seal('email', email), name: seal('name', sample.name) },
      comment: seal('comment', sample.comment),
    },
    ...{ consent: [], createdAt: at, confirmedAt: at, mail: { n: 1 } },
    ...(sample.isApproved && { review: { settled: true, shows: 'all', by: nobody, at } }),
  });
  return { _id };
}

const first = {
  en: {
    subject: 'What a week by the water',
    preview: 'The footbridge has an answer, the library has a date, and the ferry needs you.',
    body: `Three things happened since we last wrote, and one of them is good news.

## The footbridge

The engineer's report is out. It says what everybody who crosses it knew: **the bridge can stay**, with new planks and a rail.

## The library

The council talks about Saturdays on the 14th. Forty chairs, and they count heads. Come if you can.

> “Now I do my homework on the stairs.”

## The ferry

The winter timetable ends the last crossing at four. Two minutes are enough to [write to the company](/petitions/winter-ferry).`,
  },
  fr: {
    subject: 'Quelle semaine au bord de l’eau',
    preview: 'La passerelle a sa réponse, la bibliothèque une date, et le traversier a besoin de vous.',
    body: `Trois choses se sont passées depuis notre dernier mot, et l’une d’elles est une bonne nouvelle.

## La passerelle

Le rapport de l’ingénieure est paru : **la passerelle peut rester**, avec des planches neuves et un garde-corps.

## La bibliothèque

Le conseil parle des samedis le 14. Venez si vous le pouvez.`,
  },
};

const next = {
  subject: 'Two minutes for the ferry',
  preview: 'What you wrote to us, and what to write to the company.',
  body: `Last week we asked you to write. Here is what came of it, and what is still to do.

- The company has *read* the letters; it says so itself.
- The timetable is still the old one.`,
};
