import { Types } from 'mongoose';
import { z } from 'zod';
import { instantOf } from '../../petitions/local-time.ts';
import type { Petition } from '../../petitions/petition.ts';
import { signatureStates } from '../signature.ts';

const hash = '[A-Za-z0-9_-]{43}';
const objectId = z.string().regex(/^[0-9a-f]{24}$/);

/** Nothing chosen is no filter; anything that cannot be read is refused, so that a slip never means everybody. */
const chosen = <Value>(schema: z.ZodType<Value>) =>
  z.preprocess((value) => (value === '' ? undefined : value), schema.optional());

/** Which signatures: what a list, a bulk change and an export have in common. Holds no personal data. */
export const filterForm = z.object({
  state: chosen(z.enum(signatureStates)),
  /** Calendar days of signing, in the petition's time zone; both are included. */
  from: chosen(z.iso.date()),
  to: chosen(z.iso.date()),
  /** `CA`, or `CA-ON`. */
  region: chosen(z.string().regex(/^[A-Z]{2}(-[A-Z0-9]{1,3})?$/)),
  /** A link's `ref`; `direct` without one. */
  source: chosen(z.string().regex(/^[a-z0-9][a-z0-9_-]{0,39}$/)),
  /** Keyed hash of an address or a name. */
  person: chosen(z.string().regex(new RegExp(`^(email|paper|name)\\.${hash}$`))),
  /** Keyed hash of the domain of an address. */
  domain: chosen(z.string().regex(new RegExp(`^${hash}$`))),
  /** The task that read them in from paper. */
  imported: chosen(objectId),
  /** The task that made their present state. */
  changed: chosen(objectId),
});
export type Filter = z.output<typeof filterForm>;

/** Ids as a hidden field has them, separated by commas, or as ticked boxes do, one or several. */
export const idList = z
  .union([z.array(z.string()), z.string().transform((ids) => ids.split(',').filter(Boolean))])
  .pipe(z.array(objectId).max(500));

/** A filter, and single signatures where only those are meant. */
export const selectionForm = filterForm.extend({
  ids: idList.optional(),
  /** Signatures that came later are not meant: nobody saw how many there would be. */
  at: chosen(z.iso.datetime()),
});
export type Selection = z.output<typeof selectionForm>;

/**
 * The selection as MongoDB asks for it. `_id` holds the ids, and `at` to the second; pages and batches add their bounds
 * to it.
 */
export function whichSignatures(
  { _id: petition, timeZone }: Pick<Petition, '_id' | 'timeZone'>,
  { state, from, to, region, source, person, domain, imported, changed, ids, at }: Selection,
  bounds: { after?: Types.ObjectId; before?: Types.ObjectId } = {},
): Record<string, unknown> {
  const [country, part] = region?.split('-') ?? [];
  const zone = timeZone ?? 'UTC';
  const before = bounds.before ?? (at ? firstIdAfter(new Date(at)) : undefined);
  const signed = {
    ...(from && { $gte: startOfDay(from, zone) }),
    ...(to && { $lt: startOfDay(dayAfter(to), zone) }),
  };
  const _id = {
    ...(ids && { $in: ids.map((id) => new Types.ObjectId(id)) }),
    ...(bounds.after && { $gt: bounds.after }),
    ...(before && { $lt: before }),
  };
  return {
    petition,
    ...(Object.keys(_id).length > 0 && { _id }),
    ...(state && { state }),
    ...(Object.keys(signed).length > 0 && { createdAt: signed }),
    ...(country && { country }),
    ...(part && { region: part }),
    ...(source && { source: source === 'direct' ? null : source }),
    ...(person && whoIs(person)),
    ...(domain && { domainKey: domain }),
    ...(imported && { importedIn: new Types.ObjectId(imported) }),
    ...(changed && { changedIn: new Types.ObjectId(changed) }),
  };
}

function whoIs(person: string): Record<string, string> {
  const [kind, key = ''] = person.split('.');
  if (kind === 'name') return { nameKey: key };
  return { emailKey: kind === 'paper' ? `paper:${key}` : key };
}

function startOfDay(day: string, zone: string): Date | undefined {
  const midnight = instantOf(`${day}T00:00`, zone, 'first');
  const start = midnight.outcome === 'skipped' ? instantOf(midnight.next, zone, 'first') : midnight;
  return start.outcome === 'read' ? start.at : undefined;
}

/** Ids begin with the second in which they were made. */
const firstIdAfter = (at: Date): Types.ObjectId =>
  Types.ObjectId.createFromTime(Math.floor(at.getTime() / 1000) + 1);

const dayAfter = (day: string): string => new Date(Date.parse(day) + 86_400_000).toISOString().slice(0, 10);

/** The filter as the query of an address, without what is not chosen. */
export function filterQuery(filter: Record<string, unknown>): string {
  const chosenOnes = Object.entries(filter).filter(([, value]) => value !== undefined && value !== '');
  return new URLSearchParams(
    Object.fromEntries(chosenOnes.map(([name, value]) => [name, String(value)])),
  ).toString();
}
