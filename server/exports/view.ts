import type { Petition } from '../petitions/petition.ts';
import type { Platform } from '../platform.ts';
import type { Filter } from '../signatures/organize/filter.ts';
import { organizerNames } from '../signatures/organize/people.ts';
import { filterInWords, momentIn } from '../signatures/organize/view.ts';
import { Task } from '../tasks/task.ts';
import { taskView } from '../tasks/view.ts';
import { kindNames } from './begin.ts';
import { Export, type ExportKind } from './export.ts';

const listed = 30;

export const isDownloadable = ({ readyAt, expiresAt, deletedAt }: Export, now: Date): boolean =>
  Boolean(readyAt) && !deletedAt && expiresAt > now;

/** One export: what of, why, how far it is, and its files as long as they are there. */
export async function exportsView(
  platform: Pick<Platform, 'vault'>,
  petition: Petition,
  exports: readonly Export[],
  now = new Date(),
) {
  const tasks = await Task.find({ _id: { $in: exports.flatMap(({ task }) => task ?? []) } }).lean<Task[]>();
  const names = await organizerNames(
    platform,
    exports.map(({ organizer }) => organizer),
  );
  return exports.map((made) => {
    const task = tasks.find(({ _id }) => made.task?.equals(_id));
    const isReady = isDownloadable(made, now);
    const { at: _at, ...filter } = made.which as Filter & { at?: string };
    return {
      id: made._id.toHexString(),
      kind: kindNames[made.kind],
      at: momentIn(petition, made.at),
      by: names.get(String(made.organizer)),
      why: made.why,
      words: made.kind === 'pdf' ? undefined : filterInWords(filter),
      task: task && taskView(task),
      isReady,
      isOver: !isReady && Boolean(made.readyAt),
      until: momentIn(petition, made.expiresAt),
      parts: isReady
        ? made.parts.map(({ bytes }, index) => ({
            number: index + 1,
            isOnly: made.parts.length === 1,
            size: sizeInWords(bytes ?? 0),
          }))
        : [],
    };
  });
}

export const listExports = (petition: Petition): Promise<Export[]> =>
  Export.find({ petition: petition._id }).sort({ at: -1 }).limit(listed).lean<Export[]>();

const sizeInWords = (bytes: number): string =>
  bytes < 100_000 ? `${Math.ceil(bytes / 1_000)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`;

/** What the browser calls the file. */
export function fileName(petition: Petition, { kind, at, parts }: Export, part: number): string {
  const volume = parts.length > 1 ? `-${part}` : '';
  return `${petition.slug}-${at.toISOString().slice(0, 10)}${volume}.${kind}`;
}

export const kindChoices = (chosen: ExportKind = 'csv') =>
  (Object.keys(kindNames) as ExportKind[]).map((kind) => ({
    kind,
    name: kindNames[kind],
    checked: kind === chosen,
  }));
