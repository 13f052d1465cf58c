import assert from 'node:assert/strict';
import type { Petition } from '../../server/petitions/petition.ts';
import { type SignedInVisitor, signInAs } from './organizer.ts';
import { textOf } from './page.ts';
import { visitor } from './visitor.ts';
import type { World } from './world.ts';

export const moderationPath = ({ _id }: Petition, rest = ''): string =>
  `/organize/petitions/${_id.toHexString()}/moderation${rest}`;

type Item = { id: string };
export type Moderators = Awaited<ReturnType<typeof signInModerators>>;

/** Ada and Ben, who moderate, and what they do. Ada does it where nobody is named. */
export async function signInModerators(world: World) {
  const ada = await signInAs(world, 'moderator', { name: 'Ada Moderator' });
  const ben = await signInAs(world, 'moderator', { name: 'Ben Moderator' });
  const post = (
    petition: Petition,
    { id }: Item,
    what: string,
    who = ada,
    form: Record<string, string> = {},
  ) => who.post(moderationPath(petition, `/${id}/${what}`), form);
  const decide = (petition: Petition, item: Item, form: Record<string, string>, who?: SignedInVisitor) =>
    post(petition, item, 'decision', who, form);
  return {
    ...{ ada, ben, decide },
    async queueOf(petition: Petition, who = ada, query = ''): Promise<string> {
      const response = await who.get(moderationPath(petition, query));
      assert.equal(response.status, 200);
      return response.text();
    },
    approve: (petition: Petition, item: Item, who?: SignedInVisitor) =>
      decide(petition, item, { decision: 'approve' }, who),
    refuse: (petition: Petition, item: Item, hide: 'comment' | 'all', who?: SignedInVisitor) =>
      decide(
        petition,
        item,
        { decision: 'refuse', hide, reason: 'abuse', note: 'calls the mayor names' },
        who,
      ),
    undo: (petition: Petition, item: Item, who?: SignedInVisitor) => post(petition, item, 'undo', who),
    claim: (petition: Petition, item: Item, who?: SignedInVisitor) => post(petition, item, 'claim', who),
    release: (petition: Petition, item: Item, who?: SignedInVisitor) => post(petition, item, 'release', who),
    /** What everybody reads. */
    publicPage: async ({ slug }: Petition): Promise<string> =>
      textOf(await (await visitor(world).get(`/petitions/${slug}`)).text()),
  };
}
