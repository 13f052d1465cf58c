import { imageExists, storeImage, type UploadedPicture } from '../../images/image.ts';
import type { Petition } from '../petition.ts';
import { pictureIn, type Typed } from './typed.ts';

export type TakenPicture = { picture: string; problem?: string };

/** The picture a form is about: one that comes with it, one that was uploaded before, the petition's own, or none. */
export async function takePicture(
  uploaded: UploadedPicture,
  typed: Typed,
  stored?: Petition,
): Promise<TakenPicture> {
  const kept = await keptPicture(typed, stored);
  if (!uploaded) return kept;
  const taken = await storeImage(uploaded);
  return taken.outcome === 'stored' ? { picture: taken.id } : { ...kept, problem: taken.problem };
}

async function keptPicture({ picture = '', removePicture }: Typed, stored?: Petition): Promise<TakenPicture> {
  if (!picture || removePicture === 'on') return { picture: '' };
  if (stored && pictureIn(stored) === picture) return { picture };
  return /^[0-9a-f]{32}$/.test(picture) && (await imageExists(picture))
    ? { picture }
    : { picture: '', problem: 'The picture is no longer there. Choose it once more.' };
}
