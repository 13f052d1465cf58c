import { after } from 'node:test';
import type { Browser } from 'playwright-core';
import { openBrowser } from './browser.ts';
import { type SignedInVisitor, signInAs } from './organizer.ts';
import { type OpenPlatform, openPlatform } from './platform.ts';
import { startWorld, type World, type WorldOptions } from './world.ts';

/** For a whole file of tests: a world with the tools of the domain. Closed after the file's last test. */
export async function openStage(options?: WorldOptions): Promise<{ world: World; platform: OpenPlatform }> {
  const world = await startWorld(options);
  const platform = await openPlatform(world);
  after(async () => {
    await platform.close();
    await world.close();
  });
  return { world, platform };
}

/** The same, and an editor who is signed in there. */
export async function openOffice(): Promise<{
  world: World;
  platform: OpenPlatform;
  editor: SignedInVisitor;
}> {
  const stage = await openStage();
  return { ...stage, editor: await signInAs(stage.world, 'editor') };
}

/** For a whole file of tests: a stage, and a browser to look at it. */
export async function openShow(
  options?: WorldOptions,
): Promise<{ world: World; platform: OpenPlatform; browser: Browser }> {
  const browser = await openBrowser();
  after(() => browser.close());
  return { ...(await openStage(options)), browser };
}
