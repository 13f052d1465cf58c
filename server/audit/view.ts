import { formatDate, formatTime } from '../locales.ts';
import { actionSentence } from './actions.ts';
import { codeOf, type Findings, type Problem } from './check.ts';
import type { AuditEntry } from './entry.ts';
import type { Names } from './names.ts';
import { inWords } from './words.ts';

/** One line of the log as its page shows it. */
export function entryView(entry: AuditEntry, { people, petitions }: Names) {
  const { seq, at, organizer, action, petition, subject, details, why } = entry;
  const page = pageOf(entry);
  return {
    seq,
    moment: at.toISOString(),
    when: momentOf(at),
    who: organizer ? (people.get(String(organizer)) ?? 'Somebody who is gone') : 'The platform',
    did: actionSentence(action),
    petition: petition && {
      id: String(petition),
      title: petitions.get(String(petition)) ?? 'a petition that is gone',
    },
    person: subject && people.get(subject),
    page,
    subject: subject && !page && !people.has(subject) ? subject : undefined,
    details: Object.entries((details ?? {}) as Record<string, unknown>).map(([name, value]) => ({
      name: name.replaceAll(/(?<=[a-z])(?=[A-Z])/g, ' ').toLowerCase(),
      value: inWords(value).replaceAll(isoMoment, (moment) => momentOf(new Date(moment))),
    })),
    why,
  };
}

const isoMoment = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/g;

/** The page of what an entry is about, where it still has one. */
function pageOf({ action, petition, subject }: AuditEntry): { url: string; name: string } | undefined {
  const [noun, verb] = action.split('.');
  if (!subject || verb === 'discard') return undefined;
  if (noun === 'task') return { url: `/organize/tasks/${subject}`, name: 'the work' };
  if (noun === 'campaign') return { url: `/organize/campaigns/${subject}`, name: 'its page' };
  if (noun === 'update' && petition)
    return { url: `/organize/petitions/${petition}/updates/${subject}`, name: `update ${subject}` };
  return undefined;
}

/** What a check of the log found, as its page says it. */
export function findingsView({ first, last, unnumbered, problems, found }: Findings) {
  return {
    title: found > 0 ? 'The log was changed' : last ? 'The log is whole' : 'The log is empty',
    isWhole: found === 0,
    from: first && { seq: first.seq, when: momentOf(first.at) },
    to: last && { seq: last.seq, when: momentOf(last.at), code: codeOf(last.hash) },
    unnumbered,
    problems: problems.map(problemInWords),
    more: found - problems.length,
  };
}

function problemInWords(problem: Problem): string {
  switch (problem.kind) {
    case 'changed':
      return `Number ${problem.seq} is not what was written.`;
    case 'missing':
      return problem.from === problem.to
        ? `Number ${problem.from} is missing, so what number ${problem.to + 1} says is not certain.`
        : `Numbers ${problem.from} to ${problem.to} are missing, so what number ${problem.to + 1} says is not certain.`;
    case 'unnumbered':
      return `There are ${problem.are} lines without a number; there were ${problem.were} when numbering began.`;
    case 'shortened':
      return `The end was cut off or written anew: number ${problem.seq} was there on ${momentOf(new Date(problem.checkedAt))}, and is gone or another one now.`;
  }
}

const momentOf = (at: Date): string => `${formatDate('en', at)}, ${formatTime('en', at)}`;

/** The values a filter offers, in the order of their names. */
export const choicesOf = (names: Iterable<[string, string]>, chosen: string | undefined) =>
  [...names]
    .map(([value, name]) => ({ value, name, selected: value === chosen }))
    .sort((a, b) => a.name.localeCompare(b.name, 'en'));
