import { load } from '../load/wrk.ts';
import { addCrowd } from '../million.ts';
import { makePetition } from '../petitions.ts';
import type { Measured, RowId } from '../rows.ts';
import { inTurns } from '../turns.ts';
import type { World } from '../world.ts';

/** Few enough to be fair to the floor, which does not wait for anything. */
const readers = 64;

/** A petition's page, with a thousand signatures on it, against a bare handler that sends the same bytes. */
export const measurePage = (world: World): Promise<Measured[]> => measure(world, 'page', '');

/** The same of `count.json`. */
export const measureCount = (world: World): Promise<Measured[]> =>
  measure(world, 'count_json', '/count.json');

async function measure(world: World, id: RowId, below: string): Promise<Measured[]> {
  const petition = await makePetition(`bench-${id.replace('_', '-')}`);
  await addCrowd(world.env, petition, { count: 1_000 });
  const url = `${world.web.url}/petitions/${petition.slug}${below}`;
  const response = await fetch(url, { headers: { accept: 'text/html' } });
  const body = await response.text();
  const bytes = Buffer.byteLength(body);
  await world.bare.ask('serve', { type: response.headers.get('content-type'), body });

  const rate = async (from: string) =>
    (await load({ url: from, script: 'get', expected: 200, connections: readers, seconds: world.scale.turn }))
      .rate;
  const [floor, value] = await inTurns(
    world.scale.turns,
    () => rate(`${world.bare.url}/bytes`),
    () => rate(url),
  );
  return [{ id, value, floor, note: `${bytes} bytes` }];
}
