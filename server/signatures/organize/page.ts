import type { Types } from 'mongoose';
import type { SignedIn } from '../../middleware/guard.ts';
import { organizePage } from '../../organize/chrome.ts';
import type { PageContext } from '../../page.ts';
import { type Petition, textIn } from '../../petitions/petition.ts';
import type { Platform } from '../../platform.ts';

/** Where a petition's pages are on the organizers' side. */
export const organizePath = ({ _id }: Pick<Petition, '_id'>, page = ''): `/organize/${string}` =>
  `/organize/petitions/${_id.toHexString()}${page && `/${page}`}`;

/** The page of a change that a task makes. */
export const changePath = (petition: Pick<Petition, '_id'>, task: Types.ObjectId): string =>
  organizePath(petition, `signatures/changes/${task.toHexString()}`);

/** What each page about a petition's signatures begins with. */
export const petitionPage = (
  platform: Pick<Platform, 'vault'>,
  who: SignedIn,
  title: string,
  tab: 'signatures' | 'exports',
): PageContext => ({
  ...organizePage(platform, who, title),
  petitionId: who.petition._id.toHexString(),
  petitionTitle: textIn(who.petition, who.petition.language).title,
  base: organizePath(who.petition),
  tab,
});
