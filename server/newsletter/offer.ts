import { keepRecent } from '../recent.ts';
import { Issue, published } from './issues/issue.ts';

/** On the day everyone comes it is asked once a second, not once a signer. */
const recently = keepRecent<boolean>();

/** Whether there is a newsletter to offer: an issue of it stands on the web. */
export const isOffered = (): Promise<boolean> =>
  recently.get('', async () => Boolean(await Issue.exists(published)));
