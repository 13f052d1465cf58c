import { createHash } from 'node:crypto';
import sharp from 'sharp';
import { imageLimits } from '../../config/limits.ts';

type Picture =
  | { outcome: 'read'; id: string; jpeg: Buffer; webp: Buffer }
  | { outcome: 'refused'; problem: string };

const { width, height, pixels, seconds, leastWidth, leastHeight } = imageLimits;

/** What a file is, by its first bytes: neither its name nor the browser's word for it counts. */
const signatures: readonly (readonly [format: string, at: number, bytes: string])[] = [
  ['jpeg', 0, '\xff\xd8\xff'],
  ['png', 0, '\x89PNG\r\n\x1a\n'],
  ['webp', 8, 'WEBPVP8'],
  ['heif', 4, 'ftypavif'],
];

function formatOf(bytes: Buffer): string | undefined {
  return signatures.find(([, at, magic]) => bytes.toString('latin1', at, at + magic.length) === magic)?.[0];
}

/**
 * Decodes a picture and writes it anew, cut to the shape of a shared link and upright, as JPEG and WebP. Nothing but
 * its pixels is left: no place, no camera, no comment. The pixels are counted before they are decoded.
 */
export async function readPicture(bytes: Buffer): Promise<Picture> {
  const format = formatOf(bytes);
  if (!format) return refused('This is not a picture we can read. Choose a JPEG, PNG, WebP or AVIF file.');
  try {
    const picture = sharp(bytes, { limitInputPixels: pixels, failOn: 'error', pages: 1 });
    const found = await picture.metadata();
    if (found.format !== format)
      return refused('This picture is not what it says it is. Save it again as JPEG or PNG.');
    if (Math.max(found.width, 1) * Math.max(found.height, 1) > pixels) return refused(tooManyPixels);
    if (found.autoOrient.width < leastWidth || found.autoOrient.height < leastHeight)
      return refused(
        `This picture is too small to look good. It needs at least ${leastWidth} × ${leastHeight} pixels.`,
      );
    const shaped = picture
      .autoOrient()
      .resize(width, height, { fit: 'cover', position: 'attention' })
      .flatten({ background: '#ffffff' })
      .timeout({ seconds });
    const jpeg = await shaped.clone().jpeg({ quality: 82, mozjpeg: true }).toBuffer();
    const webp = await shaped.clone().webp({ quality: 80 }).toBuffer();
    const id = createHash('sha256').update(jpeg).update(webp).digest('hex').slice(0, 32);
    return { outcome: 'read', id, jpeg, webp };
  } catch (error) {
    const reason = error instanceof Error ? error.message : '';
    if (/pixel limit|too large|timeout/i.test(reason)) return refused(tooManyPixels);
    return refused(
      'This picture is damaged: it ends too early or cannot be decoded. Save it again, or choose another.',
    );
  }
}

const tooManyPixels = `This picture has too many pixels. Make it smaller than ${pixels / 1_000_000} million.`;

const refused = (problem: string): Picture => ({ outcome: 'refused', problem });
