import { z } from 'zod';
import { representativeLimits } from '../../../config/limits.ts';
import { listFormat } from '../../formats.ts';
import { controlCharacters } from '../../signatures/characters.ts';
import { providerNames, type Wanted } from '../representative.ts';

/** Offices as they are typed: one a line. */
const offices = z
  .string()
  .default('')
  .transform((text) => [
    ...new Set(
      text
        .split(/\r\n|\r|\n/)
        .map((office) => office.trim())
        .filter(Boolean),
    ),
  ])
  .refine((lines) => lines.length <= representativeLimits.offices, {
    error: `Name ${representativeLimits.offices} offices at most.`,
    abort: true,
  })
  .refine((lines) => lines.every((office) => office.length <= representativeLimits.text), {
    error: `An office has ${representativeLimits.text} characters at most.`,
    abort: true,
  })
  .refine((lines) => lines.every((office) => !controlCharacters.test(office)), {
    error: 'An office has characters that do not belong there. Type it again.',
  });

/** Who knows the representatives a letter goes to, and in which offices; `none` where it goes to none. */
const settingsForm = z.object({
  provider: z.enum(['none', ...providerNames], { error: 'Choose one of these.' }),
  offices,
});

export type SettingsProblems = { provider?: string; offices?: string };
export type ReadSettings =
  | { outcome: 'read'; wanted: Wanted | undefined; offices: string[] }
  | { outcome: 'refused'; problems: SettingsProblems };

/** `known`: the offices of the table; others would find nobody. */
export function readSettings(typed: Record<string, string>, known: readonly string[]): ReadSettings {
  const form = settingsForm.safeParse(typed);
  if (!form.success) {
    const problems = Object.fromEntries(
      form.error.issues.map(({ path, message }) => [String(path[0]), message]),
    );
    return { outcome: 'refused', problems };
  }
  const { provider, offices } = form.data;
  if (provider === 'none') return { outcome: 'read', wanted: undefined, offices };
  const problem = officesProblem(provider, offices, known);
  if (problem) return { outcome: 'refused', problems: { offices: problem } };
  return { outcome: 'read', wanted: { provider, offices }, offices };
}

function officesProblem(provider: string, offices: string[], known: readonly string[]): string | undefined {
  if (offices.length === 0) return 'Name at least one office.';
  if (provider !== 'table') return undefined;
  if (known.length === 0) return 'There is no table yet. Import one first.';
  const strangers = offices.filter((office) => !known.includes(office));
  return strangers.length > 0
    ? `Nobody in the table has the office ${listFormat('en', { type: 'disjunction' }).format(strangers)}. Offices are compared letter by letter.`
    : undefined;
}
