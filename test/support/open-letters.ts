import type { Petition } from '../../server/petitions/petition.ts';
import { Signature } from '../../server/signatures/signature.ts';
import { makeForm, makePetition } from './factories.ts';
import type { SignedInVisitor } from './organizer.ts';
import { signAndConfirm } from './signer.ts';
import type { World } from './world.ts';

export const makeOpenLetter = (differences: Record<string, unknown> = {}): Promise<Petition> =>
  makePetition({ kind: 'openLetter', ...differences });

let made = 0;

/** The form of an organisation nobody else is, right in every field. */
export function organisationForm(differences: Record<string, string> = {}): Record<string, string> {
  made += 1;
  return makeForm({
    ...{
      signer: 'organisation',
      organisation: `Friends of River ${made}`,
      role: 'Keeper of the seal',
      listing: 'on',
    },
    ...{ website: `https://www.river-${made}.example.org/`, name: 'Olive Authorised' },
    ...differences,
  });
}

export const titledForm = (differences: Record<string, string> = {}): Record<string, string> =>
  makeForm({
    ...{ signer: 'titled', title: 'Professor of law', affiliation: 'University of Wend', listing: 'on' },
    ...{ name: 'Theda Titled', ...differences },
  });

/** Signs and confirms; says which signature it is. */
export async function signAs(world: World, petition: Petition, form: Record<string, string>) {
  const before = await idsOf(petition);
  const signer = await signAndConfirm(world, petition.slug, form);
  const id = (await idsOf(petition)).find((one) => !before.includes(one));
  if (!id) throw new Error('There is no new signature');
  return { ...signer, id };
}

const idsOf = async ({ _id }: Petition): Promise<string[]> =>
  (await Signature.find({ petition: _id }, { _id: 1 }).lean()).map((each) => each._id.toHexString());

export const signatoriesPath = ({ _id }: Petition, rest = ''): string =>
  `/organize/petitions/${_id}/signatories${rest}`;

/** What moderators do with a signatory. */
export const decideAs = (
  by: SignedInVisitor,
  petition: Petition,
  { id }: { id: string },
  form: Record<string, string> = { decision: 'approve' },
): Promise<Response> => by.post(signatoriesPath(petition, `/${id}/decision`), form);
