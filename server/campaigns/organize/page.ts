import { HttpError } from '../../errors.ts';
import { readId } from '../../record-id.ts';
import { Campaign } from '../campaign.ts';

/** The campaign of a path's id. */
export async function campaignOf(named: unknown): Promise<Campaign> {
  const id = readId(named);
  const campaign = id && (await Campaign.findById(id).lean<Campaign>());
  if (!campaign) throw new HttpError(404);
  return campaign;
}
