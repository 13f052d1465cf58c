import { imageExists, storeImage, type UploadedPicture } from '../../images/image.ts';
import type { Petition } from '../petition.ts';
import { pictureIn, type Typed } from './typed.ts';

/** The form with the picture it is about: one that came with it, the one it names, or none. */
export async function takePicture(
  uploaded: UploadedPicture,
  typed: Typed,
): Promise<{ typed: Typed; problem?: string }> {
  const picture = typed.removePicture === 'on' ? '' : (typed.picture ?? '');
  if (!uploaded) return { typed: { ...typed, picture } };
  const taken = await storeImage(uploaded);
  if (taken.outcome === 'refused') return { typed: { ...typed, picture }, problem: taken.problem };
  return { typed: { ...typed, picture: taken.id } };
}

/** Whether a form may name this picture: none, the petition's own, or one that was uploaded. */
export async function isPictureThere(picture: string, stored?: Pick<Petition, 'image'>): Promise<boolean> {
  if (!picture || (stored && pictureIn(stored) === picture)) return true;
  return /^[0-9a-f]{32}$/.test(picture) && (await imageExists(picture));
}

export const pictureGone = 'The picture is no longer there. Choose it once more.';
