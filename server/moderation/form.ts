import { z } from 'zod';
import { moderationWork } from '../../config/limits.ts';
import type { Decision } from './decide.ts';
import { lists } from './queue.ts';
import { refusalCodes } from './review.ts';

const decision = z.discriminatedUnion('decision', [
  z.object({ decision: z.literal('approve') }),
  z.object({
    decision: z.literal('refuse'),
    hide: z.enum(['comment', 'all']),
    reason: z.enum(refusalCodes),
    note: z.string().trim().max(moderationWork.note).optional(),
  }),
]);

/** What a moderator decided; undefined for what the page's form cannot say. */
export function parseDecision(typed: unknown): Decision | undefined {
  const { data } = decision.safeParse(typed);
  if (!data) return undefined;
  if (data.decision === 'approve') return { shows: 'all' };
  return {
    shows: data.hide === 'comment' ? 'name' : 'nothing',
    reason: data.reason,
    ...(data.note && { why: data.note }),
  };
}

export const settingForm = z.object({ moderation: z.enum(['before', 'after']) });

/** Which list and page of it the address asks for. */
export const listQuery = z.object({
  show: z.enum(lists).catch('waiting'),
  page: z.coerce.number().int().min(1).max(moderationWork.pages).catch(1),
  done: z.enum(['approved', 'refused', 'undone', 'held', 'before', 'after']).optional().catch(undefined),
  item: z
    .string()
    .regex(/^[0-9a-f]{24}$/)
    .optional()
    .catch(undefined),
});
