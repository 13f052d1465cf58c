import { HttpError } from '../../errors.ts';
import type { Exchange } from '../../middleware/guard.ts';
import { readId } from '../../record-id.ts';
import { Campaign } from '../campaign.ts';

/** The campaign of `:campaign`. */
export async function campaignOf({ request }: Pick<Exchange, 'request'>): Promise<Campaign> {
  const id = readId(request.params.campaign);
  const campaign = id && (await Campaign.findById(id).lean<Campaign>());
  if (!campaign) throw new HttpError(404);
  return campaign;
}
