import { Organizer, organizerView } from '../organizers/organizer.ts';
import { Petition, textIn } from '../petitions/petition.ts';
import type { Platform } from '../platform.ts';

/** What the ids in the log are called: people and petitions, by their ids. */
export type Names = { people: Map<string, string>; petitions: Map<string, string> };

export async function readNames(platform: Pick<Platform, 'vault'>): Promise<Names> {
  const [people, petitions] = await Promise.all([
    Organizer.find().lean<Organizer[]>(),
    Petition.find({}, { texts: 1, language: 1, slug: 1 }).lean<Petition[]>(),
  ]);
  return {
    people: new Map(people.map((person) => [String(person._id), organizerView(platform, person).name])),
    petitions: new Map(
      petitions.map((petition) => [String(petition._id), textIn(petition, petition.language).title]),
    ),
  };
}

/** The ids whose name has a word that begins so. */
export const idsNamed = (names: Map<string, string>, wordsOf: (text: string) => string[], word: string) =>
  [...names].filter(([, name]) => wordsOf(name).some((part) => part.startsWith(word))).map(([id]) => id);
