import type { Request, RequestHandler } from 'express';
import multer, { type StorageEngine } from 'multer';
import { imageLimits, petitionLimits } from '../../config/limits.ts';
import { HttpError } from '../errors.ts';
import type { UploadedPicture } from '../images/image.ts';
import type { FormBody } from './form-body.ts';

/** Requests that are larger still are not read at all. */
const largestRequest = 6 * imageLimits.bytes;

/**
 * Keeps a file in memory as far as it may be, and reads the rest of one that is too large without keeping it: an error
 * here would lose everything that was typed in the same form.
 */
const inMemory: StorageEngine = {
  _handleFile(_request, { stream }, done) {
    const chunks: Buffer[] = [];
    let size = 0;
    stream.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size <= imageLimits.bytes) chunks.push(chunk);
      else chunks.length = 0;
    });
    stream.on('error', done);
    stream.on('end', () => done(null, { size, buffer: Buffer.concat(chunks) }));
  },
  _removeFile: (_request, _file, done) => done(null),
};

/** Reads `multipart/form-data` with at most one file, in the field `file`. Field names that come twice are refused. */
export function pictureForm(): RequestHandler {
  const { fieldBytes, fields } = petitionLimits;
  const limits = { fieldSize: fieldBytes, fieldNameSize: 60, fields, files: 1, parts: fields + 1 };
  const read = multer({ storage: inMemory, limits }).single('file');
  return (request, response, next) => {
    if (Number(request.get('Content-Length') ?? 0) > largestRequest) return next(new HttpError(413));
    read(request, response, (error: unknown) => {
      if (!error) return next(areStrings(request.body) ? undefined : new HttpError(400));
      const isTooMuch = error instanceof multer.MulterError && error.code.startsWith('LIMIT_');
      next(new HttpError(isTooMuch ? 413 : 400));
    });
  };
}

/** The picture of a form that {@link pictureForm} read; undefined where none was chosen. */
export function pictureOf({ file }: Request): UploadedPicture {
  if (!file || file.size === 0) return undefined;
  return file.size > imageLimits.bytes ? 'tooLarge' : { bytes: file.buffer };
}

const areStrings = (body: unknown): body is FormBody =>
  Object.values(body ?? {}).every((value) => typeof value === 'string' && !value.includes('\0'));
