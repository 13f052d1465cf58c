import type { Types } from 'mongoose';
import { Signature } from '../../server/signatures/signature.ts';
import type { Load } from '../load/wrk.ts';
import type { World } from '../world.ts';

/**
 * Watches what a measure's signing leaves behind: as many signatures in the database as were acknowledged, or more by
 * what was cut off in flight at the end of each load, and a captcha asked for each.
 */
export async function watchStored({ captcha }: World, petition: { _id: Types.ObjectId }) {
  const count = () => Signature.countDocuments({ petition: petition._id });
  const asked = () => captcha.ask<number>('asked');
  const [before, askedBefore] = [await count(), await asked()];
  let [acknowledged, cutOff] = [0, 0];
  return {
    /** To be called with each load. */
    add({ answered, connections }: Load): void {
      acknowledged += answered;
      cutOff += connections;
    },
    async check(): Promise<void> {
      const stored = (await count()) - before;
      const checked = (await asked()) - askedBefore;
      const most = acknowledged + cutOff;
      const seen = `${acknowledged} signatures were acknowledged, ${stored} are stored, ${checked} captchas were asked about`;
      if (stored < acknowledged || stored > most || checked < stored) throw new Error(seen);
    },
  };
}
