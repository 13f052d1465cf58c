import type { SignedIn } from '../middleware/guard.ts';
import { organizerView } from '../organizers/organizer.ts';
import { type Action, leastRole } from '../organizers/roles.ts';
import type { PageContext } from '../page.ts';
import type { Platform } from '../platform.ts';

/** What every page of the organizers' side begins with: who is there, and what the menu may offer them. */
export function organizePage(platform: Pick<Platform, 'vault'>, who: SignedIn, title: string): PageContext {
  const may = Object.fromEntries(
    (Object.keys(leastRole) as Action[]).map((action) => [action.replace('.', '_'), who.may(action)]),
  );
  return {
    lang: 'en',
    page: { title, noindex: true },
    me: organizerView(platform, who.organizer),
    may,
  };
}
