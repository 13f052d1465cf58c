import { z } from 'zod';
import { calendarDay, formatNumber } from '../locales.ts';

const most = 100_000_000;
const line = (what: string) =>
  z
    .string({ error: what })
    .trim()
    .min(1, { error: what })
    .max(120, { error: 'At most 120 characters.' })
    .regex(/^[^\p{Cc}]*$/u, { error: what });
/** `1150`, or in groups of three as people write it: `1,150`, `1 150`, `1.150`, `1’150`. */
const inDigits = /^(\d{1,15}|\d{1,3}([\s,.'’]\d{3}){1,4})$/;
const whole = (least: number, what: string) =>
  z
    .string({ error: what })
    .trim()
    .regex(inDigits, { error: what })
    .transform((typed) => Number(typed.replaceAll(/\D/g, '')))
    .pipe(
      z
        .number()
        .min(least, { error: what })
        .max(most, { error: `At most ${formatNumber('en', most)} in one entry.` }),
    );

/** Numbers collected elsewhere; the day may not be in the future where the petition is. */
export const entryForm = (timeZone: string, now: Date) =>
  z.object({
    /** Made with the form, so that a form sent twice is one entry. */
    entry: z
      .string()
      .regex(/^[0-9a-f]{24}$/)
      .optional(),
    number: whole(1, 'A whole number of signatures, at least 1.'),
    source: line('Where were they collected, or by which partner?'),
    who: line('Who counted them?'),
    when: z.iso
      .date({ error: 'The day they were counted.' })
      .refine((day) => day <= calendarDay(now, timeZone), { error: 'This day is still to come.' })
      .refine((day) => day >= '2000-01-01', { error: 'This is too long ago.' }),
  });

export const correctionForm = z.object({
  number: whole(0, 'The right number, 0 where none of them should count.'),
  /** What the page said it was; anything else is no number that somebody corrected. */
  seen: z.coerce.number().int().catch(Number.NaN),
  why: z
    .string({ error: 'Say why.' })
    .trim()
    .min(3, { error: 'Say why, in a few words.' })
    .max(300, { error: 'At most 300 characters.' }),
});

/** One message a field. */
export function problemsOf(error: z.ZodError): Record<string, string> {
  const problems: Record<string, string> = {};
  for (const { path, message } of error.issues) problems[String(path[0])] ??= message;
  return problems;
}
