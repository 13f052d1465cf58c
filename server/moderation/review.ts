import { type InferSchemaType, Schema } from 'mongoose';
import type { Petition } from '../petitions/petition.ts';

/** How much of a signature's name and comment the public sees once somebody looked. */
const showings = ['all', 'name', 'nothing'] as const;
export type Showing = (typeof showings)[number];

/** Why something is refused. Kept as a code: what a moderator writes beside it goes to the log alone. */
export const refusals = {
  abuse: 'Insults, threats or hate',
  privacy: 'Personal details of somebody',
  falseName: 'Not their real name',
  advertising: 'Advertising',
  offTopic: 'Nothing to do with the petition',
  law: 'May break the law',
  other: 'Something else',
} as const;
export type Refusal = keyof typeof refusals;
export const refusalCodes = Object.keys(refusals) as [Refusal, ...Refusal[]];

/** What moderators and readers made of the words a signature shows in public. Missing until there is something. */
export const reviewSchema = new Schema(
  {
    /** Out of the queue. Reports on something approved bring it back, and leave `shows` as it is. */
    settled: Boolean,
    shows: { type: String, enum: showings },
    reason: { type: String, enum: refusalCodes },
    by: Schema.Types.ObjectId,
    at: Date,
    /** Networks that reported it since somebody last looked. */
    reports: Number,
  },
  { _id: false },
);
type Review = InferSchemaType<typeof reviewSchema>;

/** Signatures whose words may be read in public at all: their signers agreed and stand by them. */
export const inPublic = { state: 'confirmed', showName: true } as const;

const hidden: Showing = 'nothing';
const visible: Showing[] = ['all', 'name'];

/** The condition under which a petition's page shows a name. */
export const shownOn = ({ moderation }: Pick<Petition, 'moderation'>) => ({
  ...inPublic,
  'review.shows': moderation === 'before' ? { $in: visible } : { $ne: hidden },
});

/** Whether the comment is shown beside the name, on a signature that {@link shownOn} lets through. */
export const showsComment = ({ review }: { review?: Review | null }): boolean => review?.shows !== 'name';
