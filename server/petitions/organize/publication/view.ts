import { formatDate, formatTime } from '../../../locales.ts';
import { localOf } from '../../local-time.ts';
import { languagesOf, outcomes, type Petition } from '../../petition.ts';
import { languageWords, type Typed } from '../typed.ts';
import { isOurs, nameOf, stepsOf } from './publication.ts';

const outcomeWords: Readonly<Record<string, string>> = {
  delivered: 'Delivered',
  certified: 'Certified',
  presented: 'Presented',
  answered: 'Answered',
  victory: 'Victory',
  withdrawn: 'Withdrawn',
  corrected: 'Count corrected',
};

/** Where a petition is in its life, in words, and what can be done next. */
export function publicationView(petition: Petition, typed: Typed, now: Date) {
  const zone = petition.timeZone ?? 'UTC';
  const say = (date: Date | null | undefined) =>
    date ? `${formatDate('en', date, zone, now)}, ${formatTime('en', date, zone)}` : undefined;
  return {
    ...stepsOf(petition, now),
    zone,
    today: localOf(now, zone).slice(0, 10),
    publishedAt: say(petition.publishedAt),
    opensAt: say(petition.opensAt),
    closesAt: say(petition.closesAt),
    notes: languagesOf(petition).map((code) => ({
      name: `note-${code}`,
      label: `Note in ${languageWords[code]}`,
      code,
    })),
    outcomes: [
      { value: '', label: 'Choose' },
      ...outcomes.map((value) => ({
        ...{ value, label: outcomeWords[value], selected: value === typed.outcome },
      })),
    ],
    history: [...petition.history]
      .sort((a, b) => b.at.getTime() - a.at.getTime())
      .map((entry) => ({
        label: outcomeWords[entry.outcome],
        date: entry.at,
        notes: languagesOf(petition).flatMap((code) => (entry.note?.[code] ? [entry.note[code]] : [])),
        undo: isOurs(entry) ? nameOf(entry) : undefined,
        isAsked: nameOf(entry) === typed.entry,
      })),
  };
}
