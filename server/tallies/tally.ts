import { type InferSchemaType, model, Schema, type Types } from 'mongoose';
import { signatoryKinds } from '../open-letters/signatory.ts';
import { goalAt } from '../petitions/goal.ts';
import type { Petition } from '../petitions/petition.ts';
import { type Phase, phaseOf } from '../petitions/phase.ts';

/** How one counted signature stands in the breakdowns. */
export const countedSchema = new Schema(
  {
    /** The day it was confirmed, in the petition's time zone: `2026-09-04`. */
    day: { type: String, required: true },
    /** `CA-ON`, or the country alone. */
    region: { type: String, required: true },
    /** The `ref` of the link that brought the signer; `direct` without one. */
    source: { type: String, required: true },
    /** The hour it was confirmed, UTC: `2026-09-04T13`. Only where it was counted within `tallyWork.hours`. */
    hour: String,
    /** Who signed an open letter; missing for a person without a title. */
    signatory: { type: String, enum: signatoryKinds },
  },
  { _id: false },
);
export type Counted = InferSchemaType<typeof countedSchema>;

const entry = new Schema(
  {
    _id: { type: Schema.Types.ObjectId, required: true },
    state: String,
    counted: { type: countedSchema, default: null },
  },
  { _id: false },
);

const schema = new Schema(
  {
    /** The petition's id. */
    _id: { type: Schema.Types.ObjectId, required: true },
    version: { type: Number, required: true },
    confirmed: { type: Number, required: true },
    days: { type: Map, of: Number, default: {} },
    regions: { type: Map, of: Number, default: {} },
    sources: { type: Map, of: Number, default: {} },
    /** The latest hours, from `hoursFrom` on; older ones are let go as rounds pass. */
    hours: { type: Map, of: Number, default: {} },
    hoursFrom: String,
    /** Of an open letter: how many organisations, and how many people with a title. */
    signatories: { type: Map, of: Number, default: {} },
    /** Signatures whose sums are in, but which may not all be marked yet. */
    batch: { type: [entry], default: null },
    /** No round may begin before this: the nightly comparison is counting. */
    heldUntil: Date,
    updatedAt: { type: Date, required: true },
    /** The public total of the highest milestone that was noted. */
    milestone: Number,
    /** Every time a full count disagreed. Nothing is corrected silently. */
    corrections: [{ _id: false, at: Date, was: Number, is: Number }],
  },
  { versionKey: false, minimize: false, collection: 'tallies' },
);

export type Tally = InferSchemaType<typeof schema>;
export const Tally = model('Tally', schema);

/** `2026-09-04T13`: the hour of a moment, UTC. */
export const hourOf = (date: Date): string => date.toISOString().slice(0, 13);

/** Pending signatures that no tally holds: what is on its list may be in the sums of a batch that is under way. */
export const inNoTally = { state: 'pending', counted: null, recount: { $ne: true } } as const;

/** What the public sees, and what `count.json` and the event stream say. */
export type PublicCount = {
  count: number;
  goal: number;
  phase: Phase;
  updatedAt: string;
  /** Of an open letter: what its confirmed signatures are. */
  organisations?: number;
  people?: number;
};

/** Reads the public total: confirmed signatures and the offline ledger. */
export async function readCount(petition: Petition & { _id: Types.ObjectId }, now = new Date()) {
  const tally = await Tally.findById(petition._id, forCount).lean();
  return countOf(petition, tally, now);
}

/** Many petitions with the numbers of each, in their order. */
export async function withCounts(petitions: readonly Petition[], now = new Date()) {
  const ids = petitions.map(({ _id }) => _id);
  const tallies = await Tally.find({ _id: { $in: ids } }, forCount).lean();
  const byId = new Map(tallies.map((tally) => [String(tally._id), tally]));
  return petitions.map((petition) => {
    const tally = byId.get(petition._id.toHexString()) ?? null;
    return { petition, count: countOf(petition, tally, now) };
  });
}

const forCount = { confirmed: 1, updatedAt: 1, signatories: 1 } as const;

export type Count = ReturnType<typeof countOf>;

type Numbers = Pick<Tally, 'confirmed' | 'updatedAt'> & { signatories?: unknown };

/** The numbers of one petition, apart and together. */
export function countOf(petition: Petition, tally: Numbers | null, now: Date) {
  const confirmed = tally?.confirmed ?? 0;
  const offline = petition.ledger.reduce((sum, { number }) => sum + number, 0);
  const count = confirmed + offline;
  const updatedAt = new Date(
    Math.max(
      +(tally?.updatedAt ?? 0),
      ...petition.ledger.map(({ at, recordedAt }) => +(recordedAt ?? at)),
      +(petition.publishedAt ?? 0),
    ),
  );
  const shown: PublicCount = {
    count,
    goal: goalAt(petition, count),
    phase: phaseOf(petition, now),
    updatedAt: updatedAt.toISOString(),
    ...(petition.kind === 'openLetter' && whoSigned(confirmed, tally)),
  };
  return { confirmed, offline, public: shown };
}

/** An open letter's confirmed signatures: organisations, and people with and without a title. */
function whoSigned(confirmed: number, tally: Numbers | null) {
  const { organisation: organisations = 0 } = (tally?.signatories ?? {}) as Record<string, number>;
  return { organisations, people: confirmed - organisations };
}
