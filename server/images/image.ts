import { type InferSchemaType, model, Schema } from 'mongoose';
import { imageLimits } from '../../config/limits.ts';
import { Campaign } from '../campaigns/campaign.ts';
import { Petition } from '../petitions/petition.ts';
import { Update } from '../updates/update.ts';
import { readPicture } from './picture.ts';

const schema = new Schema(
  {
    /** The hash of what it shows, so that the same picture is stored once and its address never lies. */
    _id: { type: String, required: true },
    jpeg: { type: Buffer, required: true },
    webp: { type: Buffer, required: true },
    /** When it was uploaded last. */
    at: { type: Date, required: true },
  },
  { versionKey: false },
);

/** In the database and not in a folder, because web processes share nothing else. */
export type Image = InferSchemaType<typeof schema>;
export const Image = model('Image', schema);

/** What a form brought: the file's bytes, as far as it may be. */
export type UploadedPicture = { bytes: Buffer } | 'tooLarge' | undefined;

type Stored = { outcome: 'stored'; id: string } | { outcome: 'refused'; problem: string };

/** Takes a picture somebody uploaded. What is wrong with it is said in a sentence for them. */
export async function storeImage(uploaded: NonNullable<UploadedPicture>, now = new Date()): Promise<Stored> {
  if (uploaded === 'tooLarge') return { outcome: 'refused', problem: tooLarge };
  const picture = await readPicture(uploaded.bytes);
  if (picture.outcome === 'refused') return picture;
  const { id, jpeg, webp } = picture;
  await Image.updateOne({ _id: id }, { $set: { at: now }, $setOnInsert: { jpeg, webp } }, { upsert: true });
  return { outcome: 'stored', id };
}

const tooLarge = `This file is too large. Choose one of at most ${imageLimits.bytes / 1024 / 1024} MB.`;

export const imageExists = async (id: string): Promise<boolean> => Boolean(await Image.exists({ _id: id }));

export const imageUrl = (id: string, type: 'jpg' | 'webp' = 'jpg'): string => `/images/${id}.${type}`;

/** Pictures of updates, those too that a mail went out with. */
const inUpdates = async (): Promise<string[]> =>
  (await Promise.all([Update.distinct('image.upload'), Update.distinct('sending.image.upload')]))
    .flat()
    .filter((id) => typeof id === 'string');

/** Deletes pictures that no petition shows, once nobody can be at the form they were uploaded with. */
export async function deleteUnusedImages(now = new Date()): Promise<number> {
  const used = [
    ...(await Petition.distinct('image.upload')),
    ...(await inUpdates()),
    ...(await Campaign.distinct('image.upload')),
  ];
  const before = new Date(now.getTime() - imageLimits.unusedKept * 1000);
  const { deletedCount } = await Image.deleteMany({ _id: { $nin: used }, at: { $lte: before } });
  return deletedCount;
}
