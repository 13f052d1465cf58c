import { Schema } from 'mongoose';

/** Who signs an open letter, beside everybody else who agrees. */
export const signatoryKinds = ['organisation', 'titled'] as const;
export type SignatoryKind = (typeof signatoryKinds)[number];

/** What is stored of a signatory beside the sealed details. Nothing in it names a person. */
export const signatorySchema = new Schema(
  {
    kind: { type: String, enum: signatoryKinds, required: true },
    /** Of an organisation: keyed hashes of its folded name and of its website, which another spelling has too. */
    keys: { type: [String], default: undefined },
    /** When a moderator let it stand under the letter; until then it is held and counts nowhere. */
    approvedAt: Date,
    /** Of an approved organisation, what no other approved one may have: its keys. */
    seats: { type: [String], default: undefined },
    /** Of an approved organisation: its name, which is public from then on. */
    name: String,
    /** Put at the top by an organizer; the latest stands first. */
    pinnedAt: Date,
    /** The organisation that it was found to be a second spelling of. */
    mergedInto: Schema.Types.ObjectId,
  },
  { _id: false },
);

/** What is sealed of a signatory, as JSON in the signature's `sealed.signatory`. */
export type SignatoryDetails =
  | { kind: 'organisation'; organisation: string; website: string; role: string }
  | { kind: 'titled'; title: string; affiliation: string };

export const isOrganisation = ({ signatory }: { signatory?: { kind?: unknown } | null }): boolean =>
  signatory?.kind === 'organisation';

/** The order a letter's lists are in, below what was put at the top. */
export const signatoryOrders = ['name', 'time'] as const;
export type SignatoryOrder = (typeof signatoryOrders)[number];

/** What organizers say of a petition of kind `openLetter`. */
export const openLetterSchema = new Schema(
  { order: { type: String, enum: signatoryOrders, default: 'name' } },
  { _id: false },
);
