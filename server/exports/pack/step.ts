import type { Types } from 'mongoose';
import { formatNumber, translate, translateFor } from '../../locales.ts';
import { shownOn, showsComment } from '../../moderation/review.ts';
import { type Listed, readSignatoryLists } from '../../open-letters/directory.ts';
import { type Petition, textIn } from '../../petitions/petition.ts';
import { placeName } from '../../places.ts';
import type { Platform } from '../../platform.ts';
import { Signature } from '../../signatures/signature.ts';
import { openField } from '../../signatures/view.ts';
import type { Step, Task } from '../../tasks/task.ts';
import { inBatches } from '../batches.ts';
import { type Export, markReady, partPath } from '../export.ts';
import { coverOf } from './cover.ts';
import { type Named, writeVolume } from './document.ts';

/** Names in one volume: what a binder holds, and what a step can write. */
const namesInVolume = 4_000;

/** Where the next volume begins, and what came of those before. */
export type PackCursor = {
  after: Types.ObjectId | null;
  page: number;
  parts: { bytes: number }[];
  unprintable: number;
};

/** The next volume of a delivery pack. A step that runs again writes its volume anew. */
export async function packStep(
  platform: Pick<Platform, 'env' | 'vault'>,
  petition: Petition,
  made: Export,
  task: Pick<Task, 'cursor'>,
  now = new Date(),
  volumeSize = namesInVolume,
): Promise<Step> {
  const from = (task.cursor as PackCursor | null) ?? { after: null, page: 1, parts: [], unprintable: 0 };
  const lang = petition.language;
  const isFirst = from.parts.length === 0;
  const agreed = isFirst ? await Signature.countDocuments(namedOn(petition)) : undefined;
  const read = { after: from.after, done: 0 };
  const written = await writeVolume(await partPath(platform.env, made, from.parts.length), {
    ...{ lang, title: textIn(petition, lang).title, number: from.parts.length + 1, page: from.page },
    cover: isFirst ? await coverOf(petition, lang, now) : undefined,
    namesNote:
      agreed === undefined
        ? undefined
        : translateFor(lang, petition.kind, 'pack.namesNote', {
            count: agreed,
            n: formatNumber(lang, agreed),
          }),
    lists: isFirst ? await signatoryLists(platform, petition) : [],
    names: namesOf(platform, petition, read, volumeSize),
  });
  const cursor: PackCursor = {
    after: read.after,
    page: written.page,
    parts: [...from.parts, { bytes: written.bytes }],
    unprintable: from.unprintable + written.unprintable,
  };
  const finished = read.done < volumeSize || !(await Signature.exists(namedAfter(petition, read.after)));
  if (finished) await markReady(made, cursor.parts, now);
  return { done: read.done, cursor, finished, ...(agreed !== undefined && { total: agreed }) };
}

const namedOn = (petition: Petition) => ({
  ...{ petition: petition._id, ...shownOn(petition) },
  // Whoever signs an open letter with a title is in a list before the names.
  ...(petition.kind === 'openLetter' && { 'signatory.kind': null }),
});
/** Organisations and people with a title, who agreed to be listed and were approved. */
async function signatoryLists(platform: Pick<Platform, 'vault'>, petition: Petition) {
  if (petition.kind !== 'openLetter') return [];
  const { language } = petition;
  const { organisations, titled } = await readSignatoryLists(platform, petition);
  const named = ({ name, detail, country }: Listed): Named => ({
    name: [name, detail].filter(Boolean).join(', '),
    place: placeName(language, country),
  });
  return [
    { heading: translate(language, 'openLetter.pack.organisations'), names: organisations.map(named) },
    { heading: translate(language, 'openLetter.pack.titled'), names: titled.map(named) },
  ].filter(({ names }) => names.length > 0);
}

const namedAfter = (petition: Petition, after: Types.ObjectId | null) => ({
  ...namedOn(petition),
  ...(after && { _id: { $gt: after } }),
});

const fieldsRead = ['sealed.name', 'sealed.comment', 'country', 'region', 'review'];

async function* namesOf(
  platform: Pick<Platform, 'vault'>,
  petition: Petition,
  read: { after: Types.ObjectId | null; done: number },
  limit: number,
): AsyncGenerator<Named> {
  const which = (after?: Types.ObjectId) => namedAfter(petition, after ?? null);
  const from = { fields: fieldsRead, index: 'inOrder', after: read.after ?? undefined, limit };
  for await (const batch of inBatches(which, from)) {
    for (const signature of batch) {
      read.after = signature._id;
      read.done += 1;
      const name = openField(platform, signature, 'name');
      if (!name) continue;
      const place = placeName(petition.language, signature.country, signature.region);
      const reason = showsComment(signature) ? openField(platform, signature, 'comment') : undefined;
      yield { name, place, reason };
    }
  }
}
