import type { Log } from '../../config/log.ts';
import { formatNumber } from '../locales.ts';
import { Petition } from '../petitions/petition.ts';
import { Tally } from './tally.ts';

/** A count that was corrected: what the tally said, and what a full count found. */
type Correction = { at: Date; was: number; is: number };

/**
 * Writes into a petition's public history, with an alert in the log, whatever correction of its tally is not there yet.
 * The tally keeps each correction in the update that makes it, so whoever comes later finds what a process that died
 * left out; a second one adds nothing.
 */
export async function publishCorrections(
  { _id, history }: Pick<Petition, '_id' | 'history'>,
  log: Log,
): Promise<void> {
  const tally = await Tally.findById(_id, { corrections: 1 }).lean();
  for (const { at, was, is } of (tally?.corrections ?? []) as Correction[]) {
    if (history.some((entry) => entry.outcome === 'corrected' && entry.at.getTime() === at.getTime()))
      continue;
    log.error({ petition: _id, at, was, is }, 'a tally differed from the full count and was corrected');
    const entry = { outcome: 'corrected' as const, at, note: noteOn(was, is) };
    await Petition.updateOne(
      { _id, history: { $not: { $elemMatch: { outcome: 'corrected', at } } } },
      { $push: { history: entry } },
    );
  }
}

function noteOn(was: number, is: number) {
  const [en, fr] = [
    (number: number) => formatNumber('en', number),
    (number: number) => formatNumber('fr', number),
  ];
  if (was === is)
    return {
      en: `A full count confirmed the total of ${en(is)}. A breakdown of it, by day, place or link, was wrong and was corrected.`,
      fr: `Un décompte complet a confirmé le total de ${fr(is)}. Une répartition, par jour, lieu ou lien, était fausse et a été corrigée.`,
    };
  return {
    en: `A full count of the confirmed signatures found ${en(is)} where the running count said ${en(was)}. The running count was corrected.`,
    fr: `Un décompte complet des signatures confirmées en a trouvé ${fr(is)} là où le compteur en indiquait ${fr(was)}. Le compteur a été corrigé.`,
  };
}
