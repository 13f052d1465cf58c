import { visitor } from '../support/visitor.ts';
import type { World } from '../support/world.ts';

/** A moment so many hours from now. */
export const hours = (number: number): Date => new Date(Date.now() + number * 3_600_000);

/** A page as somebody without an account gets it. */
export async function openPage(world: Pick<World, 'url'>, path: string) {
  const response = await visitor(world).get(path);
  return { response, html: (await response.text()).replaceAll('&#x3D;', '=') };
}
