import { formatDate, formatTime } from '../locales.ts';
import { actionSentence } from './actions.ts';
import type { AuditEntry } from './entry.ts';
import type { Names } from './names.ts';
import { inWords } from './words.ts';

/** One line of the log as its page shows it. */
export function entryView(entry: AuditEntry, { people, petitions }: Names) {
  const { at, organizer, action, petition, subject, details, why } = entry;
  const isTask = action.startsWith('task.');
  return {
    moment: at.toISOString(),
    when: `${formatDate('en', at)}, ${formatTime('en', at)}`,
    who: organizer ? (people.get(String(organizer)) ?? 'Somebody who is gone') : 'The platform',
    did: actionSentence(action),
    petition: petition && {
      id: String(petition),
      title: petitions.get(String(petition)) ?? 'a petition that is gone',
    },
    person: subject && people.get(subject),
    taskUrl: isTask && subject ? `/organize/tasks/${subject}` : undefined,
    subject: subject && !isTask && !people.has(subject) ? subject : undefined,
    details: Object.entries((details ?? {}) as Record<string, unknown>).map(([name, value]) => ({
      name: name.replaceAll(/(?<=[a-z])(?=[A-Z])/g, ' ').toLowerCase(),
      value: inWords(value),
    })),
    why,
  };
}

/** The values a filter offers, in the order of their names. */
export const choicesOf = (names: Iterable<[string, string]>, chosen: string | undefined) =>
  [...names]
    .map(([value, name]) => ({ value, name, selected: value === chosen }))
    .sort((a, b) => a.name.localeCompare(b.name, 'en'));
