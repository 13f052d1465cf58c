import type { Types } from 'mongoose';
import type { SignedIn } from '../middleware/guard.ts';
import type { PageContext } from '../page.ts';
import { type Petition, textIn } from '../petitions/petition.ts';
import type { Platform } from '../platform.ts';
import { organizePage } from './chrome.ts';

/** Where a petition's pages are on the organizers' side. */
export const organizePath = ({ _id }: Pick<Petition, '_id'>, page = ''): `/organize/${string}` =>
  `/organize/petitions/${_id.toHexString()}${page && `/${page}`}`;

/** The page of a change that a task makes. */
export const changePath = (petition: Pick<Petition, '_id'>, task: Types.ObjectId): string =>
  organizePath(petition, `signatures/changes/${task.toHexString()}`);

/** What a page of one petition begins with. `tab`: the entry of the petition's menu that it is behind. */
export const petitionPage = (
  platform: Pick<Platform, 'vault'>,
  who: SignedIn,
  title: string,
  tab: 'official' | 'letter' | 'publication' | 'signatures' | 'updates' | 'exports',
): PageContext => ({
  ...organizePage(platform, who, title),
  petitionId: who.petition._id.toHexString(),
  petitionTitle: textIn(who.petition, who.petition.language).title,
  base: organizePath(who.petition),
  tab,
});
