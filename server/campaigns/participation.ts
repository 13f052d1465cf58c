import { type InferSchemaType, model, Schema, type Types } from 'mongoose';

const schema = new Schema(
  {
    campaign: { type: Schema.Types.ObjectId, required: true },
    /** The `emailKey` of their signatures. */
    key: { type: String, required: true },
    /** On which of the campaign's petitions their signature was counted when somebody last looked. */
    petitions: { type: [Schema.Types.ObjectId], default: [] },
    /** Of these their signature is just being erased: see `erasure.ts`. */
    leaving: { type: [Schema.Types.ObjectId], default: undefined },
    /**
     * Of an erased signature: where else the same person was counted at that moment. As long as one of these is in the
     * campaign, they are in the count already.
     */
    alsoIn: { type: [Schema.Types.ObjectId], default: undefined },

    /** The petitions under which the campaign's tally counts this person; null where it does not. */
    counted: { type: [String], default: null },
    /** The tally's version that last marked `counted`: a late marker of an older one changes nothing. */
    countedIn: { type: Number, default: 0 },
    /** Something may have changed since the tally last looked, */
    recount: Boolean,
    /** so many times in all. */
    changes: { type: Number, default: 0 },
    /** Look again then: whoever was about to change something may have died. */
    recheckAt: Date,
  },
  { versionKey: false },
);
schema.index({ campaign: 1, key: 1 }, { unique: true });
schema.index({ recount: 1, campaign: 1, _id: 1 }, { partialFilterExpression: { recount: true } });
schema.index({ campaign: 1, petitions: 1, _id: 1 });
schema.index({ campaign: 1, alsoIn: 1, _id: 1 }, { partialFilterExpression: { alsoIn: { $exists: true } } });
schema.index({ recheckAt: 1 }, { sparse: true });

/** That somebody takes part in a campaign, however many of its petitions they signed. */
export type Participation = InferSchemaType<typeof schema> & { _id: Types.ObjectId };
export const Participation = model('Participation', schema);
