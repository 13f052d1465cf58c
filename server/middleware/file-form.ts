import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import type { Request, Response } from 'express';
import multer from 'multer';
import { fileLimits } from '../../config/limits.ts';
import { importFolder } from '../imports/import.ts';
import type { Platform } from '../platform.ts';
import { allowTime } from './slow-bodies.ts';

type SentFile = { outcome: 'sent'; path: string } | { outcome: 'none' | 'tooLarge' | 'broken' };

/**
 * Streams the file of a `multipart/form-data` request, in the field `file`, into the folder for what organizers send,
 * under a name nobody can guess. To be called once it is clear who sends it. What is too large or breaks off is deleted.
 */
export async function receiveFile(
  { platform, request, response }: { platform: Pick<Platform, 'env'>; request: Request; response: Response },
  bytes: number,
): Promise<SentFile> {
  const folder = await importFolder(platform.env);
  if (!request.is('multipart/form-data')) return { outcome: 'none' };
  allowTime(request, fileLimits.uploadTime);
  const storage = multer.diskStorage({
    destination: folder,
    filename: (_request, _file, done) => done(null, `${randomBytes(16).toString('hex')}.sent`),
  });
  const read = multer({ storage, limits: { fileSize: bytes, files: 1, fields: 10, fieldSize: 10_000 } });
  try {
    await new Promise<void>((resolve, reject) => {
      read.single('file')(request, response, (error: unknown) => (error ? reject(error) : resolve()));
    });
  } catch (error) {
    if (request.file) await rm(request.file.path, { force: true });
    if (error instanceof multer.MulterError)
      return { outcome: error.code === 'LIMIT_FILE_SIZE' ? 'tooLarge' : 'broken' };
    if ((error as NodeJS.ErrnoException).code) throw error;
    return { outcome: 'broken' };
  }
  return request.file ? { outcome: 'sent', path: request.file.path } : { outcome: 'none' };
}
