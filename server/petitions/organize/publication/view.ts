import { formatDate, formatTime } from '../../../locales.ts';
import { localOf } from '../../local-time.ts';
import { languagesOf, type Petition } from '../../petition.ts';
import { languageWords } from '../typed.ts';
import { lastOutcome, nameOf, stepsOf } from './publication.ts';

const outcomeWords: Readonly<Record<string, string>> = {
  delivered: 'Delivered',
  answered: 'Answered',
  victory: 'Victory',
  withdrawn: 'Withdrawn',
  corrected: 'Count corrected',
};

/** Where a petition is in its life, in words, and what can be done next. */
export function publicationView(petition: Petition, now: Date) {
  const zone = petition.timeZone ?? 'UTC';
  const say = (date: Date | null | undefined) =>
    date ? `${formatDate('en', date, zone, now)}, ${formatTime('en', date, zone)}` : undefined;
  const last = lastOutcome(petition);
  return {
    ...stepsOf(petition, now),
    zone,
    today: localOf(now, zone).slice(0, 10),
    publishedAt: say(petition.publishedAt),
    opensAt: say(petition.opensAt),
    closesAt: say(petition.closesAt),
    notes: languagesOf(petition).map((code) => ({
      name: `note-${code}`,
      language: languageWords[code],
      code,
    })),
    outcomes: ['delivered', 'answered', 'victory', 'withdrawn'].map((value) => ({
      value,
      label: outcomeWords[value],
    })),
    history: petition.history.toReversed().map((entry) => ({
      label: outcomeWords[entry.outcome],
      date: entry.at,
      notes: languagesOf(petition).flatMap((code) => (entry.note?.[code] ? [entry.note[code]] : [])),
      undo: entry === last ? nameOf(entry) : undefined,
    })),
  };
}
