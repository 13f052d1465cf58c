/**
 * Takes the pictures of the README from the samples: `node scripts/screenshots.ts`. The same each time but for the
 * dates and hours on them. Needs what the tests need: Redis and Chromium.
 */
import { join } from 'node:path';
import type { BrowserContextOptions, Page } from 'playwright-core';
import sharp from 'sharp';
import { Campaign } from '../server/campaigns/campaign.ts';
import { petitionsIn } from '../server/campaigns/find.ts';
import { Petition } from '../server/petitions/petition.ts';
import { Signature } from '../server/signatures/signature.ts';
import { recountAll } from '../test/campaigns/support.ts';
import { desktop, openBrowser, phone } from '../test/support/browser.ts';
import { cookieOf, makeOrganizer } from '../test/support/organizer.ts';
import { settle } from '../test/support/tally.ts';
import { startWorld, type World } from '../test/support/world.ts';
import { seedSamples } from './seed.ts';

const folder = join(import.meta.dirname, '../docs/images');
const wide = { ...desktop, deviceScaleFactor: 1.5 };
const narrow = { ...phone, deviceScaleFactor: 2 };

/** What to look at: where, on what, and what to do before the picture. */
type Picture = { path: string; device: BrowserContextOptions; prepare?: (page: Page) => Promise<unknown> };

const pictures = (petition: string): Record<string, Picture> => ({
  petition: { path: '/petitions/library-saturdays', device: wide },
  phone: { path: '/petitions/library-saturdays', device: narrow },
  letter: {
    path: '/petitions/winter-ferry',
    device: { ...wide, viewport: { width: 1280, height: 1200 } },
  },
  campaign: { path: '/campaigns/a-town-for-everyone', device: wide },
  dashboard: {
    path: petition,
    device: wide,
    prepare: (page) => page.getByText('Moves by itself').waitFor(),
  },
  signatures: {
    path: `${petition}/signatures?state=confirmed`,
    device: wide,
    async prepare(page) {
      for (const box of (await page.locator('li input[type="checkbox"]').all()).slice(0, 3))
        await box.check();
      await page.locator('#field-what').selectOption('invalidate');
      await page.evaluate('window.scrollTo(0, 300)');
    },
  },
  editor: {
    path: `${petition}/edit`,
    device: wide,
    async prepare(page) {
      await page.locator('[data-shared-title]', { hasText: /./ }).waitFor();
      await page.frameLocator('[data-preview-frame]').locator('h1').waitFor();
    },
  },
  moderation: { path: `${petition}/moderation`, device: narrow },
});

async function take(world: World, name: string, { path, device, prepare }: Picture, cookie: string) {
  const context = await browser.newContext({
    ...device,
    baseURL: world.env.BASE_URL,
    reducedMotion: 'reduce',
  });
  const [key = '', value = ''] = cookie.split('=');
  const url = world.env.BASE_URL.replace('http:', 'https:');
  await context.addCookies([{ name: key, value, url, secure: true, httpOnly: true, sameSite: 'Lax' }]);
  const page = await context.newPage();
  await page.goto(path, { waitUntil: 'load' });
  await prepare?.(page);
  const picture = await page.screenshot({ animations: 'disabled', caret: 'hide' });
  await sharp(picture)
    .png({ palette: true, quality: 80, effort: 10 })
    .toFile(join(folder, `${name}.png`));
  await context.close();
}

/** The sample petitions, counted, with something to answer for: people who are not sure yet, and two who are held. */
async function prepareSamples(world: World): Promise<string> {
  await seedSamples(world.env);
  const petition = await Petition.findOne({ slug: 'otter-weir-footbridge' }).orFail();
  const newest = await Signature.find({ petition: petition._id }, { _id: 1 }).sort({ createdAt: -1 }).lean();
  const at = (from: number, to: number) => ({ _id: { $in: newest.slice(from, to).map(({ _id }) => _id) } });
  await Signature.updateMany(at(20, 34), { $set: { state: 'pending' }, $unset: { confirmedAt: 1 } });
  await Signature.updateMany(at(34, 36), { $set: { state: 'held' } });
  await Signature.updateMany(at(40, 90), { $set: { source: 'newsletter' } });
  await Signature.updateMany(at(90, 130), { $set: { source: 'school-gate' } });
  for (const { _id } of await Petition.find({}, { _id: 1 }).lean()) await settle({ _id });
  const campaign = await Campaign.findOne().orFail().lean<Campaign>();
  await recountAll(campaign, await petitionsIn(campaign));
  return `/organize/petitions/${petition._id}`;
}

const [world, browser] = await Promise.all([
  // With keys, so that no page has to say that the robot check is off. Nobody signs here.
  startWorld({
    env: { HCAPTCHA_SITEKEY: '5a1e0000-aaaa-bbbb-cccc-000000000000', HCAPTCHA_SECRET: '0x5EC4E7' },
  }),
  openBrowser(),
]);
try {
  const petition = await prepareSamples(world);
  const owner = await makeOrganizer(world, 'owner', { name: 'Ada Lovelace' });
  const cookie = await cookieOf(world, owner._id);
  for (const [name, picture] of Object.entries(pictures(petition))) await take(world, name, picture, cookie);
} finally {
  await browser.close();
  await world.close();
}
