import { Types } from 'mongoose';
import { z } from 'zod';
import { moderationWork } from '../../../config/limits.ts';
import { refusalCodes } from '../../moderation/review.ts';
import type { Decision } from '../decide.ts';
import { lists } from '../queue.ts';
import { signatoryOrders } from '../signatory.ts';

const id = z.string().regex(/^[0-9a-f]{24}$/);

const decision = z.discriminatedUnion('decision', [
  z.object({ decision: z.literal('approve'), another: z.literal('on').optional() }),
  z.object({ decision: z.literal('merge'), into: id }),
  z.object({
    decision: z.literal('refuse'),
    reason: z.enum(refusalCodes),
    note: z.string().trim().max(moderationWork.note).optional(),
  }),
]);

/** What a moderator decided on a signatory; undefined for what the page's form cannot say. */
export function parseDecision(typed: unknown): Decision | undefined {
  const { data } = decision.safeParse(typed);
  if (!data) return undefined;
  if (data.decision === 'approve') return { what: 'approve', isAnother: data.another === 'on' };
  if (data.decision === 'merge') return { what: 'merge', into: new Types.ObjectId(data.into) };
  return { what: 'refuse', reason: data.reason, ...(data.note && { why: data.note }) };
}

export const orderForm = z.object({ order: z.enum(signatoryOrders) });

const done = [
  ...(['approved', 'refused', 'merged', 'undone', 'held', 'pinned', 'unpinned'] as const),
  ...(['name', 'time'] as const),
] as const;

/** Which list and page of it the address asks for. */
export const listQuery = z.object({
  show: z.enum(lists).catch('waiting'),
  page: z.coerce.number().int().min(1).max(moderationWork.pages).catch(1),
  done: z.enum(done).optional().catch(undefined),
  item: id.optional().catch(undefined),
});
