import { type InferSchemaType, model, Schema, type Types } from 'mongoose';

const entry = new Schema(
  {
    /** The participation's id. */
    _id: { type: Schema.Types.ObjectId, required: true },
    /** How often it had changed when it was looked at. */
    changes: { type: Number, required: true },
    /** Where their signature was counted then, and which of these count them in the campaign. */
    petitions: { type: [Schema.Types.ObjectId], default: [] },
    counted: { type: [String], default: null },
  },
  { _id: false },
);

const schema = new Schema(
  {
    /** The campaign's id. */
    _id: { type: Schema.Types.ObjectId, required: true },
    version: { type: Number, required: true },
    /** Different people. */
    people: { type: Number, required: true },
    /** Of how many petitions how many people are: `{ '1': 900, '2': 50 }`. */
    times: { type: Map, of: Number, default: {} },
    /** How many people each petition has, and each two of them: `<id>`, `<id>-<id>`, the lower id first. */
    shared: { type: Map, of: Number, default: {} },
    /** People who are in the sums, but who may not all be marked yet. */
    batch: { type: [entry], default: null },
    /** No round may begin before this: the nightly comparison is counting. */
    heldUntil: Date,
    updatedAt: { type: Date, required: true },
    /** Every time a full count disagreed. Nothing is corrected silently. */
    corrections: [{ _id: false, at: Date, was: Number, is: Number }],
  },
  { versionKey: false, minimize: false, collection: 'campaignTallies' },
);

export type CampaignTally = Omit<InferSchemaType<typeof schema>, 'times' | 'shared'> & {
  _id: Types.ObjectId;
  times: Record<string, number>;
  shared: Record<string, number>;
};
export const CampaignTally = model('CampaignTally', schema);

/** The sums that somebody is in who is counted on these petitions, by their paths in the tally. */
export function pathsOf(counted: readonly string[]): string[] {
  const ids = [...counted].sort();
  return [
    'people',
    `times.${ids.length}`,
    ...ids.map((id) => `shared.${id}`),
    ...ids.flatMap((id, at) => ids.slice(at + 1).map((other) => `shared.${id}-${other}`)),
  ];
}
