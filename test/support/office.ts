import { type SignedInVisitor, signInAs } from './organizer.ts';
import { type OpenPlatform, openPlatform } from './platform.ts';
import { startWorld, type World } from './world.ts';

/** A world with the tools of the domain, and an editor who is signed in there. */
export type Office = {
  world: World;
  platform: OpenPlatform;
  editor: SignedInVisitor;
  close(): Promise<void>;
};

export async function openOffice(): Promise<Office> {
  const world = await startWorld();
  const platform = await openPlatform(world);
  return {
    ...{ world, platform, editor: await signInAs(world, 'editor') },
    async close() {
      await platform.close();
      await world.close();
    },
  };
}
