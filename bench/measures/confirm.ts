import { makePetition } from '../petitions.ts';
import type { Measured } from '../rows.ts';
import { percentile } from '../turns.ts';
import type { World } from '../world.ts';
import { confirmationRate, confirmSteadily, pendingLinks } from './confirming.ts';

/** How long it takes from the answer to a confirmation until an open page shows it. */
export async function measureConfirm(world: World): Promise<Measured[]> {
  const petition = await makePetition('bench-confirm');
  const links = await pendingLinks(world, petition, confirmationRate * world.scale.confirming);
  await world.startWorkers();
  const seen = await confirmSteadily(world.web.url, petition, links, confirmationRate);
  const reached = links.length / seen.seconds;
  if (reached < confirmationRate * 0.95)
    throw new Error(
      `Only ${reached.toFixed(0)} confirmations a second could be sent: this machine is too busy`,
    );
  const p50 = percentile(seen.waits, 50).toFixed(0);
  const note = `p50 ${p50} ms, ${links.length} confirmations, ${seen.events} events`;
  return [{ id: 'confirm_to_event_p99', value: percentile(seen.waits, 99), note }];
}
