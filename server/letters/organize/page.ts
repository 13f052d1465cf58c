import type { SignedIn } from '../../middleware/guard.ts';
import { organizePage } from '../../organize/chrome.ts';
import type { PageContext } from '../../page.ts';
import { textIn } from '../../petitions/petition.ts';
import type { Platform } from '../../platform.ts';
import { letterPath } from './view.ts';

/** What each page about a letter begins with. */
export const letterPage = (platform: Pick<Platform, 'vault'>, who: SignedIn, title: string): PageContext => ({
  ...organizePage(platform, who, title),
  petitionId: who.petition._id.toHexString(),
  petitionTitle: textIn(who.petition, who.petition.language).title,
  tab: 'letter',
  base: letterPath(who.petition),
});
