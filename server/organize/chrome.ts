import type { SignedIn } from '../middleware/guard.ts';
import { organizerView } from '../organizers/organizer.ts';
import { type Action, leastRole } from '../organizers/roles.ts';
import type { PageContext } from '../page.ts';
import { kindWords } from '../petitions/kinds.ts';
import type { Platform } from '../platform.ts';

/** What menus may offer: `petition.edit` is `may.petition_edit` in a template. */
export const menuOf = (may: (action: Action) => boolean): Record<string, boolean> =>
  Object.fromEntries(
    (Object.keys(leastRole) as Action[]).map((action) => [action.replace('.', '_'), may(action)]),
  );

/**
 * What every page of the organizers' side begins with: who is there, and what the menu may offer them.
 * `section` is the entry of the menu that the page is behind.
 */
export function organizePage(
  platform: Pick<Platform, 'vault'>,
  who: Pick<SignedIn, 'organizer' | 'may'> & Partial<Pick<SignedIn, 'petition'>>,
  title: string,
  section?: 'campaigns' | 'newsletter' | 'home' | 'people' | 'audit' | 'account',
): PageContext {
  return {
    lang: 'en',
    page: { title, noindex: true },
    section,
    me: organizerView(platform, who.organizer),
    may: menuOf(who.may),
    petitionKind: who.petition?.kind,
    counts: who.petition && kindWords[who.petition.kind].counts,
  };
}
