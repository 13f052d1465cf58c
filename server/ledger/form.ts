import { z } from 'zod';
import { calendarDay } from '../locales.ts';

const most = 100_000_000;
const line = (what: string) =>
  z
    .string({ error: what })
    .trim()
    .min(1, { error: what })
    .max(120, { error: 'At most 120 characters.' })
    .regex(/^[^\p{Cc}]*$/u, { error: what });
const whole = (least: number, what: string) =>
  z
    .string({ error: what })
    .trim()
    .transform((typed) => typed.replaceAll(/[\s,.'’]/g, ''))
    .pipe(z.string().regex(/^\d{1,9}$/, { error: what }))
    .transform(Number)
    .pipe(z.number().min(least, { error: what }).max(most, { error: what }));

/** Numbers collected elsewhere; the day may not be in the future where the petition is. */
export const entryForm = (timeZone: string, now: Date) =>
  z.object({
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
  seen: z.coerce.number().int(),
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
