import { z } from 'zod';
import { refusalCodes } from '../moderation/review.ts';

/** What a reader says is wrong with an item. */
export const reportForm = z.object({ reason: z.enum(refusalCodes) });
