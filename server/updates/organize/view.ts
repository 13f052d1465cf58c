import { imageUrl } from '../../images/image.ts';
import { formatDate, formatTime } from '../../locales.ts';
import { type Language, languagesOf, type Petition } from '../../petitions/petition.ts';
import { Task } from '../../tasks/task.ts';
import { taskView } from '../../tasks/view.ts';
import { countAudience } from '../audience.ts';
import type { UpdateProblems } from '../form.ts';
import { isPublic, languagesIn } from '../publication.ts';
import { Update, updateTextIn } from '../update.ts';
import { updateView } from '../view.ts';

const languageNames: Record<Language, string> = { en: 'English', fr: 'French' };
type Typed = Readonly<Record<string, string>>;

export const updatesPath = ({ _id }: Pick<Petition, '_id'>): string =>
  `/organize/petitions/${_id.toHexString()}/updates`;

export const updatePath = (petition: Pick<Petition, '_id'>, n: number): string =>
  `${updatesPath(petition)}/${n}`;

/** Every update of a petition, the newest first. */
export async function updateListView(petition: Petition) {
  const updates = await Update.find({ petition: petition._id }).sort({ n: -1 }).lean<Update[]>();
  return updates.map((update) => ({
    url: updatePath(petition, update.n),
    title: updateTextIn(update, petition, petition.language).title,
    isVictory: update.kind === 'victory',
    isPublic: isPublic(update),
    status: statusOf(update),
  }));
}

function statusOf(update: Update): string {
  const { publishedAt, hiddenAt, sending, createdAt } = update;
  const parts = [
    publishedAt && !hiddenAt ? `on the page since ${formatDate('en', publishedAt)}` : undefined,
    hiddenAt ? 'taken off the page' : undefined,
    sending ? `mailed from ${formatDate('en', sending.at)}` : undefined,
  ].filter(Boolean);
  return parts.length > 0 ? parts.join(', ') : `draft of ${formatDate('en', createdAt)}`;
}

/** One update with all that can be done with it. */
export async function oneUpdateView(petition: Petition, update: Update) {
  const { sending } = update;
  const task = sending && (await Task.findById(sending.task).lean<Task>());
  const url = updatePath(petition, update.n);
  return {
    url,
    n: update.n,
    revision: update.revision,
    isVictory: update.kind === 'victory',
    isPublic: isPublic(update),
    isHidden: Boolean(update.hiddenAt),
    isDraft: !update.publishedAt && !sending,
    status: statusOf(update),
    publicUrl: updateView(petition, update, petition.language).url,
    texts: languagesIn(update).map((lang) => ({
      ...updateView(petition, update, lang),
      language: languageNames[lang],
      mailUrl: `${url}/mail?lang=${lang}`,
    })),
    audience: sending ? undefined : await countAudience(petition),
    sending: sending && {
      at: `${formatDate('en', sending.at)}, ${formatTime('en', sending.at)}`,
      isChangedSince: Boolean(update.changedAt && update.changedAt > sending.at),
      task: task ? taskView(task) : undefined,
      /** Frozen by a process that died before it could begin the work. */
      isLeft: !task,
    },
  };
}

/** The form, with what was typed or what is saved, and a message at each field that needs one. */
export function updateFormView(
  petition: Petition,
  { update, typed, problems = {} }: { update?: Update; typed?: Typed; problems?: UpdateProblems },
) {
  const picture = typed ? (typed.picture ?? '') : (update?.image?.upload ?? '');
  const saved = (lang: Language, field: 'title' | 'body' | 'imageAlt') =>
    update?.texts?.[lang]?.[field] ?? '';
  return {
    action: update ? updatePath(petition, update.n) : updatesPath(petition),
    revision: update?.revision ?? 0,
    isVictory: (typed?.kind ?? update?.kind) === 'victory',
    languages: languagesOf(petition).map((lang) => ({
      lang,
      name: languageNames[lang],
      isOwn: lang === petition.language,
      title: typed ? (typed[`title-${lang}`] ?? '') : saved(lang, 'title'),
      body: typed ? (typed[`body-${lang}`] ?? '') : saved(lang, 'body'),
      imageAlt: typed ? (typed[`alt-${lang}`] ?? '') : saved(lang, 'imageAlt'),
      altError: problems[`alt-${lang}`],
      titleError: problems[`title-${lang}`],
      bodyError: problems[`body-${lang}`],
    })),
    ...{ picture, pictureUrl: picture && imageUrl(picture), fileError: problems.file },
    problems: Object.entries(problems).map(([field, message]) => ({ field, message })),
  };
}
