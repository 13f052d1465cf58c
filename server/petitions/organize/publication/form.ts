import { z } from 'zod';
import { petitionLimits } from '../../../../config/limits.ts';
import { languagesOf, type Outcome, outcomes, type Petition } from '../../petition.ts';
import { readMoment } from '../dates.ts';
import { lines } from '../fields.ts';
import { languageWords, type Typed } from '../typed.ts';

type Problems = Record<string, string>;
type OutcomeEntry = { outcome: Outcome; at: Date; note: { en?: string; fr?: string } };

/** A moment that is to come, on the clocks of the petition's time zone; undefined where none was typed. */
export function readFuture(
  petition: Petition,
  typed: string | undefined,
  which: 'first' | 'second',
  now: Date,
) {
  const { at, problem } = readMoment(typed, petition.timeZone ?? 'UTC', which);
  if (at && at <= now) return { problem: 'This is in the past. Choose a time to come.' };
  return { at, problem };
}

/** What came of it, when, and in the words of every language the petition has. */
export function readOutcome(
  petition: Petition,
  typed: Typed,
  now: Date,
): { outcome: 'read'; entry: OutcomeEntry } | { outcome: 'refused'; problems: Problems } {
  const problems: Problems = {};
  const kind = outcomes.find((known) => known === typed.outcome);
  if (!kind) problems.outcome = 'Choose what came of it.';
  const at = readDay(petition, typed.date, now, problems);
  const note = readNote(petition, typed, problems);
  if (!kind || !at || Object.keys(problems).length > 0) return { outcome: 'refused', problems };
  return { outcome: 'read', entry: { outcome: kind, at, note } };
}

/** Noon where the petition is, so that the day is the same for every reader near it. */
function readDay(petition: Petition, typed: string | undefined, now: Date, problems: Problems) {
  const day = z.iso.date().safeParse(typed);
  const { at } = day.success ? readMoment(`${day.data}T12:00`, petition.timeZone ?? 'UTC', 'first') : {};
  if (!at) problems.date = 'Enter the day it happened.';
  else if (at.getTime() > now.getTime() + 86_400_000) problems.date = 'This day has not come yet.';
  return at;
}

function readNote(petition: Petition, typed: Typed, problems: Problems) {
  const note: OutcomeEntry['note'] = {};
  const given = languagesOf(petition);
  const isSaid = given.some((language) => typed[`note-${language}`]?.trim());
  for (const language of given) {
    const read = lines(petitionLimits.note).safeParse(typed[`note-${language}`]);
    if (!read.success) problems[`note-${language}`] = read.error.issues[0]?.message ?? '';
    else if (read.data) note[language] = read.data;
    else if (isSaid)
      problems[`note-${language}`] = `Say it in ${languageWords[language]} too, or leave all notes empty.`;
  }
  return note;
}

/** Why something is taken back or ended, for the log. */
export const readReason = (typed: Typed) => lines(petitionLimits.reason).safeParse(typed.reason);
