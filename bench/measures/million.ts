import type { Petition } from '../../server/petitions/petition.ts';
import { cookieOf, makeOrganizer } from '../../test/support/organizer.ts';
import { load } from '../load/wrk.ts';
import { addCrowd } from '../million.ts';
import { makePetition } from '../petitions.ts';
import type { Measured, RowId } from '../rows.ts';
import { gentle } from '../scale.ts';
import { inTurns } from '../turns.ts';
import type { World } from '../world.ts';
import { signAt } from './signing.ts';
import { watchStored } from './stored.ts';

const readers = 16;

type Sizes = { thousand: Petition; million: Petition; note: string };
const made = new WeakMap<World, Promise<Sizes>>();

/** A petition with a thousand signatures and one with a million; made once for all that is measured on them. */
export function bothSizes(world: World): Promise<Sizes> {
  const found = made.get(world) ?? makeBoth(world);
  made.set(world, found);
  return found;
}

async function makeBoth({ env, scale }: World): Promise<Sizes> {
  const [thousand, million] = [await makePetition('bench-thousand'), await makePetition('bench-million')];
  await addCrowd(env, thousand, { count: 1_000 });
  const seconds = await addCrowd(env, million, { count: scale.million });
  return { thousand, million, note: `made at ${Math.round(scale.million / seconds)} signatures/s` };
}

export async function measureSignMillion(world: World): Promise<Measured[]> {
  const { thousand, million, note } = await bothSizes(world);
  const signOn = async (petition: Petition) => {
    const stored = await watchStored(world, petition);
    const sign = async (connections?: number) => {
      const url = `${world.web.url}/petitions/${petition.slug}/signatures`;
      const signed = await signAt(url, world.scale.turn, connections);
      stored.add(signed);
      return signed.rate;
    };
    return { stored, sign };
  };
  const [few, many] = [await signOn(thousand), await signOn(million)];
  await few.sign(gentle);
  const [floor, value] = await inTurns(
    world.scale.turns,
    () => few.sign(),
    () => many.sign(),
  );
  await few.stored.check();
  await many.stored.check();
  return [{ id: 'sign_million', value, floor, note }];
}

export const measurePageMillion = (world: World): Promise<Measured[]> =>
  compareReading(world, 'page_million', ({ slug }) => `/petitions/${slug}`);

export const measureDashboardMillion = (world: World): Promise<Measured[]> =>
  compareReading(world, 'dashboard_million', ({ _id }) => `/organize/petitions/${_id.toHexString()}`);

export const measureListMillion = (world: World): Promise<Measured[]> =>
  compareReading(world, 'list_million', ({ _id }) => `/organize/petitions/${_id.toHexString()}/signatures`);

async function compareReading(
  world: World,
  id: RowId,
  pathOf: (petition: Petition) => string,
): Promise<Measured[]> {
  const { thousand, million } = await bothSizes(world);
  const organizer = await makeOrganizer(world, 'owner');
  const cookie = await cookieOf(world, organizer._id);
  const rate = async (petition: Petition) => {
    const url = world.web.url + pathOf(petition);
    const args = [cookie];
    const reading = { url, script: 'get', expected: 200, args, connections: readers } as const;
    return (await load({ ...reading, seconds: world.scale.turn })).rate;
  };
  const [floor, value] = await inTurns(
    world.scale.turns,
    () => rate(thousand),
    () => rate(million),
  );
  return [{ id, value, floor }];
}
