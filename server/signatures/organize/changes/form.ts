import { z } from 'zod';
import { changeNames } from '../change.ts';
import { idList, selectionForm } from '../filter.ts';

/** What to do to which signatures. `scope` is there where single ones could be ticked. */
export const changeForm = selectionForm
  .extend({
    what: z.enum(changeNames),
    scope: z.enum(['ticked', 'all']).optional(),
    /** The boxes of a list. */
    id: idList.optional(),
  })
  .transform(({ scope, id, ids, ...form }) => ({
    ...form,
    ids: scope === 'all' ? undefined : scope === 'ticked' ? (id ?? []) : (ids ?? id),
  }));
export type ChangeForm = z.output<typeof changeForm>;

export const whyForm = z.string().trim().min(3).max(300);
