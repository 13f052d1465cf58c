import { makePetition } from '../petitions.ts';
import type { Measured } from '../rows.ts';
import { gentle } from '../scale.ts';
import type { World } from '../world.ts';
import { signAt } from './signing.ts';
import { watchStored } from './stored.ts';

/** Signing as in production: the workers send the mails meanwhile, on the same cores. */
export async function measureSignRate(world: World): Promise<Measured[]> {
  const petition = await makePetition('bench-sign-rate');
  const url = `${world.web.url}/petitions/${petition.slug}/signatures`;
  await world.startWorkers();
  const stored = await watchStored(world, petition);
  stored.add(await signAt(url, 1, gentle));
  const mailsBefore = await world.mail.ask<number>('mails');
  const signed = await signAt(url, world.scale.signing);
  stored.add(signed);
  const { rate, p50, p99 } = signed;
  const mails = (await world.mail.ask<number>('mails')) - mailsBefore;
  await stored.check();
  const note = `p50 ${p50.toFixed(0)} ms, p99 ${p99.toFixed(0)} ms, ${mails} mails sent meanwhile`;
  return [{ id: 'sign_rate', value: rate, note }];
}
