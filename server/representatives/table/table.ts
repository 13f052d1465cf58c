import { type InferSchemaType, model, Schema, type Types } from 'mongoose';
import { representativeLimits } from '../../../config/limits.ts';
import { prefixesOf, readCode } from '../postal-code.ts';
import type { Lookup, Provider } from '../provider.ts';

const schema = new Schema(
  {
    at: { type: Date, required: true },
    organizer: { type: Schema.Types.ObjectId, required: true },
    /** The file until it was read: see imports/import.ts. */
    file: { type: String, required: true },
    bytes: { type: Number, required: true },
    encoding: { type: String, required: true },
    delimiter: { type: String, required: true },
    /** Where each thing stands in a row, and how many columns there are. */
    columns: { type: Schema.Types.Mixed, required: true },
    width: { type: Number, required: true },
    task: Schema.Types.ObjectId,
    /** Since when all of it is read, and how much that is. */
    readAt: Date,
    people: { type: Number, default: 0 },
    areas: { type: Number, default: 0 },
    refused: { type: Number, default: 0 },
    /** Since when it is used. The one that is used now is the latest. */
    usedAt: Date,
    takenBackAt: Date,
  },
  { versionKey: false, collection: 'representativeTables' },
);
schema.index({ usedAt: -1 }, { sparse: true });
schema.index({ at: -1 });

export type RepresentativeTable = InferSchemaType<typeof schema> & { _id: Types.ObjectId };
export const RepresentativeTable = model('RepresentativeTable', schema);

/** Where somebody of a table is elected: a postal code, or what all there begin with. */
const area = new Schema(
  {
    /** `<table>:<prefix>:<key>`: a row that is read twice is there once. */
    _id: { type: String, required: true },
    table: { type: String, required: true },
    prefix: { type: String, required: true },
    key: { type: Schema.Types.ObjectId, required: true },
    office: { type: String, required: true },
    district: { type: String, default: '' },
  },
  { versionKey: false, collection: 'representativeAreas' },
);
area.index({ table: 1, prefix: 1 });

export type RepresentativeArea = InferSchemaType<typeof area>;
export const RepresentativeArea = model('RepresentativeArea', area);

/** The table that is used now; undefined where there is none. */
export const currentTable = (): Promise<RepresentativeTable | null> =>
  RepresentativeTable.findOne({ usedAt: { $ne: null } })
    .sort({ usedAt: -1, _id: -1 })
    .lean<RepresentativeTable>();

/** So many rows of one code are more than any code has representatives. */
const mostAreas = 200;

/** The organizers' own table. */
export const createTable = (): Provider => ({
  source: async () => (await currentTable())?._id.toHexString(),
  readCode,
  async lookUp(code, offices): Promise<Lookup> {
    const table = await currentTable();
    if (!table) return { outcome: 'unavailable' };
    const areas = await RepresentativeArea.find({
      ...{ table: table._id.toHexString(), prefix: { $in: prefixesOf(code) }, office: { $in: [...offices] } },
    })
      .limit(mostAreas)
      .lean<RepresentativeArea[]>();
    const closest = offices.flatMap((office) => closestOf(areas.filter((area) => area.office === office)));
    const districts = [...new Set(closest.map(({ district }) => district).filter(Boolean))];
    return { outcome: 'found', keys: closest.map(({ key }) => key), districts };
  },
});

/** Those that say the most of the code: who is named for `K1A 0B1` stands before who is named for `K1A`. */
function closestOf(areas: readonly RepresentativeArea[]): RepresentativeArea[] {
  const longest = Math.max(0, ...areas.map(({ prefix }) => prefix.length));
  return areas.filter(({ prefix }) => prefix.length === longest);
}

/** Puts a table that was read in the place of the one before. False where it was so already, or cannot be used. */
export async function useTable(_id: Types.ObjectId, now = new Date()): Promise<boolean> {
  const { modifiedCount } = await RepresentativeTable.updateOne(
    { _id, readAt: { $ne: null }, people: { $gt: 0 }, usedAt: null },
    { $set: { usedAt: now }, $unset: { takenBackAt: 1 } },
  );
  return modifiedCount === 1;
}

/** Takes the table that is used back: the one before it is used again. False where it is not the one. */
export async function takeTableBack(_id: Types.ObjectId, now = new Date()): Promise<boolean> {
  const current = await currentTable();
  if (!current?._id.equals(_id)) return false;
  const { modifiedCount } = await RepresentativeTable.updateOne(
    { _id, usedAt: current.usedAt },
    { $unset: { usedAt: 1 }, $set: { takenBackAt: now } },
  );
  return modifiedCount === 1;
}

/** The tables there are, the latest first. */
export const listTables = (): Promise<RepresentativeTable[]> =>
  RepresentativeTable.find()
    .sort({ at: -1 })
    .limit(representativeLimits.tablesKept + 10)
    .lean<RepresentativeTable[]>();
