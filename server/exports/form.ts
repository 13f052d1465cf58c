import { z } from 'zod';
import { filterForm } from '../signatures/organize/filter.ts';
import { knownColumns } from './columns.ts';
import { exportKinds } from './export.ts';

/** What to export and why. A ticked column is a field of its own: `column-email`. */
export const exportForm = filterForm.extend({
  kind: z.enum(exportKinds),
  why: z
    .string({ error: 'Say what it is for.' })
    .trim()
    .min(3, { error: 'Say what it is for, in a few words: it goes into the log.' })
    .max(300, { error: 'At most 300 characters.' }),
});

/** The ticked columns of a form. */
export const tickedColumns = (typed: Readonly<Record<string, string>>): string[] =>
  knownColumns(Object.keys(typed).flatMap((name) => (name.startsWith('column-') ? [name.slice(7)] : [])));
