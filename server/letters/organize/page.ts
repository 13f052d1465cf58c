import type { SignedIn } from '../../middleware/guard.ts';
import { petitionPage } from '../../organize/petition-page.ts';
import type { PageContext } from '../../page.ts';
import type { Platform } from '../../platform.ts';
import { letterPath } from './view.ts';

/** What each page about a letter begins with. */
export const letterPage = (platform: Pick<Platform, 'vault'>, who: SignedIn, title: string): PageContext => ({
  ...petitionPage(platform, who, title, 'letter'),
  base: letterPath(who.petition),
});
