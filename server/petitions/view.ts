import { imageLimits } from '../../config/limits.ts';
import { imageUrl } from '../images/image.ts';
import { correctedEntries } from '../ledger/ledger.ts';
import {
  calendarDay,
  formatDate,
  formatNumber,
  formatTime,
  inWords,
  translate,
  translateFor,
} from '../locales.ts';
import { alternates, inLanguage, type PageMeta, shareImage } from '../page.ts';
import type { Count } from '../tallies/tally.ts';
import { assetUrl } from '../views.ts';
import { percentOf } from './goal.ts';
import { renderMarkdown } from './markdown.ts';
import { type Language, languagesOf, type Petition, textIn } from './petition.ts';
import { phaseOf } from './phase.ts';

export const petitionUrl = (petition: Petition, lang: Language, page = ''): string =>
  inLanguage(`/petitions/${petition.slug}${page && `/${page}`}`, lang, petition.language);

/** A petition's picture: one that was uploaded, or one of public/. */
function imageOf({ image }: Pick<Petition, 'image'>, alt: string) {
  if (image?.upload) {
    const { width, height } = imageLimits;
    return { url: imageUrl(image.upload), webp: imageUrl(image.upload, 'webp'), alt, width, height };
  }
  return image?.file
    ? { url: assetUrl(image.file), webp: undefined, alt, width: image.width, height: image.height }
    : undefined;
}

/** The dates as a reader wants them: a whole sentence. */
function datesInWords(petition: Petition, lang: Language, now: Date) {
  const { opensAt, closesAt, timeZone: zone } = petition;
  const timeZone = zone ?? undefined;
  const say = (key: string, date: Date) =>
    translateFor(lang, petition.kind, `phase.${key}`, {
      date: formatDate(lang, date, timeZone, now),
      inWords: inWords(lang, date, now, timeZone),
      time: formatTime(lang, date, timeZone),
    });
  const phase = phaseOf(petition, now);
  const opening = phase === 'upcoming' && opensAt ? say('opensOn', opensAt) : undefined;
  if (!closesAt) return { opening };
  if (phase === 'closed') return { closing: say('closedOn', closesAt) };
  const isToday = calendarDay(closesAt, timeZone) === calendarDay(now, timeZone);
  return { opening, closing: say(isToday ? 'closesToday' : 'closesOn', closesAt) };
}

const noteIn = (note: { en?: string | null; fr?: string | null } | null | undefined, lang: Language) =>
  note?.[lang] ?? note?.en ?? note?.fr ?? undefined;

/** The dated entries of a petition's history, the latest first. */
const historyIn = ({ history }: Petition, lang: Language) =>
  history
    .map(({ outcome, at, note }) => ({
      label: translate(lang, `outcome.${outcome}`),
      date: at,
      note: noteIn(note, lang),
    }))
    .sort((a, b) => b.date.getTime() - a.date.getTime());

/** A petition's headline and dates, without its text. */
export function headlineView(petition: Petition, lang: Language, now: Date) {
  const text = textIn(petition, lang);
  const phase = phaseOf(petition, now);
  return {
    slug: petition.slug,
    kind: petition.kind,
    isLinked: petition.kind === 'linked',
    url: petitionUrl(petition, lang),
    lang: petition.texts?.[lang] ? lang : petition.language,
    title: text.title,
    addressedTo: text.addressedTo,
    summary: text.summary,
    image: imageOf(petition, text.imageAlt),
    group: petition.group,
    phase,
    isOpen: phase === 'open',
    isUpcoming: phase === 'upcoming',
    isClosed: phase === 'closed',
    ...datesInWords(petition, lang, now),
    history: historyIn(petition, lang),
    hashtags: petition.hashtags,
  };
}

/** A petition as its own page shows it. */
export const petitionView = (petition: Petition, lang: Language, now: Date) => ({
  ...headlineView(petition, lang, now),
  html: renderMarkdown(textIn(petition, lang).body),
});

export function progressView(petition: Petition, count: Count) {
  const { count: total, goal, organisations, people } = count.public;
  return {
    count: total,
    /** Of an open letter: told instead of a number of signatures. */
    ...(petition.kind === 'openLetter' && { isOpenLetter: true, organisations, people }),
    confirmed: count.confirmed,
    offlineTotal: count.offline,
    offline: correctedEntries(petition).map(({ source, number, at }) => ({ source, number, date: at })),
    goal,
    percent: percentOf(total, goal),
    remaining: Math.max(0, goal - total),
    reached: total >= goal,
    countUrl: `/petitions/${petition.slug}/count.json`,
    eventsUrl: phaseIsLive(count) ? `/petitions/${petition.slug}/events` : undefined,
  };
}

const phaseIsLive = ({ public: { phase } }: Count): boolean => phase === 'open' || phase === 'closed';

export function cardView(petition: Petition, count: Count, lang: Language, now: Date) {
  const headline = headlineView(petition, lang, now);
  const { url, title, summary, image, opening, closing, history } = headline;
  const { count: number, goal } = count.public;
  const [latest] = history;
  const outcome = latest && { label: latest.label, date: latest.date };
  return {
    url,
    lang: headline.lang,
    title,
    summary,
    image,
    opening,
    closing,
    outcome,
    groupName: petition.group?.name,
    progress: progressView(petition, count),
    ofGoal: translateFor(lang, petition.kind, 'card.ofGoal', {
      count: number,
      goal: formatNumber(lang, goal),
    }),
  };
}

/** What a shared link of the petition shows. */
export function petitionMeta(petition: Petition, lang: Language, baseUrl: string, page = ''): PageMeta {
  const text = textIn(petition, lang);
  const image = imageOf(petition, text.imageAlt);
  return {
    title: text.title,
    description: text.summary,
    canonical: baseUrl + petitionUrl(petition, lang),
    noindex: page !== '',
    image: baseUrl + (image?.url ?? shareImage()),
    imageAlt: image?.alt ?? '',
    type: 'article',
    feed: baseUrl + petitionUrl(petition, lang, 'feed.xml'),
    alternates: alternates(baseUrl, languagesOf(petition), (other) => petitionUrl(petition, other, page)),
  };
}
