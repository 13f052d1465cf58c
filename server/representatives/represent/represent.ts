import { type InferSchemaType, model, Schema } from 'mongoose';
import { representativeLimits } from '../../../config/limits.ts';
import type { Platform } from '../../platform.ts';
import { readCanadianCode } from '../postal-code.ts';
import type { Lookup, Provider } from '../provider.ts';
import { keyOf, Representative, stored } from '../representative.ts';
import { type Answer, askRepresent } from './ask.ts';

/** What Represent said of a postal code. Whoever asked is nowhere. */
const schema = new Schema(
  {
    _id: { type: String, required: true },
    /** Whether there is such a code. */
    isKnown: { type: Boolean, required: true },
    keys: [Schema.Types.ObjectId],
    districts: [String],
    /** The hour, not the moment: that would be the moment at which somebody with this code signed. */
    at: { type: Date, required: true },
  },
  { versionKey: false, collection: 'representLookups' },
);
schema.index({ at: 1 });

export type RepresentLookup = InferSchemaType<typeof schema>;
export const RepresentLookup = model('RepresentLookup', schema);

export const represent = 'represent';
const hour = 3_600_000;

/** Open North's Represent: https://represent.opennorth.ca/api/. Answers are kept a day; an older one is better than none. */
export function createRepresent(
  tools: Pick<Platform, 'env' | 'log' | 'redis'>,
  clock = () => new Date(),
): Provider {
  const underWay = new Map<string, Promise<Lookup>>();
  return {
    source: async () => represent,
    readCode: readCanadianCode,
    lookUp(code) {
      const asked = underWay.get(code);
      if (asked) return asked;
      const asking = lookUp(tools, code, clock()).finally(() => underWay.delete(code));
      underWay.set(code, asking);
      return asking;
    },
  };
}

async function lookUp(
  tools: Pick<Platform, 'env' | 'log' | 'redis'>,
  code: string,
  now: Date,
): Promise<Lookup> {
  const known = await RepresentLookup.findById(code).lean<RepresentLookup>();
  if (known && now.getTime() - known.at.getTime() < representativeLimits.fresh * 1000) return lookupOf(known);
  const answer = await askRepresent(tools, code);
  if (answer.outcome !== 'unavailable') return lookupOf(await keepAnswer(code, answer, now));
  if (!known) return { outcome: 'unavailable' };
  const lookup = lookupOf(known);
  return lookup.outcome === 'found' ? { ...lookup, asOf: known.at } : lookup;
}

const lookupOf = ({ isKnown, keys, districts }: RepresentLookup): Lookup =>
  isKnown ? { outcome: 'found', keys, districts } : { outcome: 'unknown' };

async function keepAnswer(code: string, answer: Answer, now: Date): Promise<RepresentLookup> {
  const { people, districts } = answer.outcome === 'known' ? answer : { people: [], districts: [] };
  const seenAt = new Date(Math.floor(now.getTime() / hour) * hour);
  const byId = new Map(
    people.map(({ told, body }) => {
      const { _id, ...rest } = stored(represent, keyOf('represent', told, body), told);
      return [_id, rest];
    }),
  );
  if (byId.size > 0)
    await Representative.bulkWrite(
      [...byId].map(([_id, rest]) => ({
        updateOne: {
          filter: { _id },
          // An address that is no longer told is no longer one.
          update: { $set: { ...rest, email: rest.email ?? null, language: rest.language ?? null, seenAt } },
          upsert: true,
        },
      })),
      { ordered: false },
    );
  const keys = [...byId.values()].map(({ key }) => key);
  const lookup = { isKnown: answer.outcome === 'known', keys, districts, at: seenAt };
  await RepresentLookup.updateOne({ _id: code }, { $set: lookup }, { upsert: true });
  return { _id: code, ...lookup };
}

/** Forgets what nobody has asked about for long. Returns how many codes. */
export async function forgetOldLookups(now: Date): Promise<number> {
  const longAgo = new Date(now.getTime() - representativeLimits.kept * 1000);
  await Representative.deleteMany({ source: represent, seenAt: { $lte: longAgo } });
  return (await RepresentLookup.deleteMany({ at: { $lte: longAgo } })).deletedCount;
}
