import { Organizer, organizerView } from '../../organizers/organizer.ts';
import type { Platform } from '../../platform.ts';

/** The names of organizers by their ids, also of those who are gone. */
export async function organizerNames(
  platform: Pick<Platform, 'vault'>,
  ids: readonly unknown[],
): Promise<Map<string, string>> {
  const wanted = [...new Set(ids.filter(Boolean).map(String))];
  if (wanted.length === 0) return new Map();
  const people = await Organizer.find({ _id: { $in: wanted } }).lean<Organizer[]>();
  return new Map(people.map((person) => [String(person._id), organizerView(platform, person).name]));
}
