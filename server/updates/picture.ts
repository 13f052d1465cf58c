import { imageExists, type UploadedPicture } from '../images/image.ts';
import { pictureGone, takePicture } from '../petitions/organize/picture.ts';
import type { Petition } from '../petitions/petition.ts';
import { parseUpdateForm, type UpdateForm, type UpdateProblems } from './form.ts';

type Typed = Readonly<Record<string, string>>;
type Received =
  | { outcome: 'read'; typed: Typed; form: UpdateForm }
  | { outcome: 'refused'; typed: Typed; problems: UpdateProblems };

/** Reads an update with the picture it is about: one that came with it, the one it names, or none. */
export async function receiveUpdateForm(
  petition: Petition,
  sent: Typed,
  uploaded: UploadedPicture,
): Promise<Received> {
  const { typed, problem } = await takePicture(uploaded, sent);
  const parsed = parseUpdateForm(petition, typed);
  const file = problem ?? ((await isThere(typed.picture ?? '')) ? undefined : pictureGone);
  const problems = { ...(parsed.outcome === 'refused' && parsed.problems), ...(file && { file }) };
  return parsed.outcome === 'refused' || file
    ? { outcome: 'refused', typed, problems }
    : { ...parsed, typed };
}

const isThere = async (picture: string): Promise<boolean> =>
  picture === '' || (/^[0-9a-f]{32}$/.test(picture) && (await imageExists(picture)));
