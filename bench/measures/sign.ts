import { calculateObjectSize } from 'bson';
import { Signature } from '../../server/signatures/signature.ts';
import { makePetition } from '../petitions.ts';
import type { Measured } from '../rows.ts';
import { gentle } from '../scale.ts';
import { inTurns } from '../turns.ts';
import type { World } from '../world.ts';
import { signAt } from './signing.ts';
import { watchStored } from './stored.ts';

/** Signing over HTTP, captcha and all, against a bare handler that inserts one document as large. No workers run. */
export async function measureSign(world: World): Promise<Measured[]> {
  const petition = await makePetition('bench-sign');
  const url = `${world.web.url}/petitions/${petition.slug}/signatures`;
  const stored = await watchStored(world, petition);
  const sign = async (connections?: number) => {
    const signed = await signAt(url, world.scale.turn, connections);
    stored.add(signed);
    return signed.rate;
  };
  await sign(gentle);
  const bytes = calculateObjectSize((await Signature.collection.findOne({ petition: petition._id })) ?? {});
  await world.bare.ask('fill', { bytes });
  const insert = async () => (await signAt(`${world.bare.url}/insert`, world.scale.turn)).rate;
  const [floor, value] = await inTurns(world.scale.turns, insert, () => sign());
  await stored.check();
  return [{ id: 'sign', value, floor, note: `documents of ${bytes} bytes` }];
}
