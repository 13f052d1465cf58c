import { isUtf8 } from 'node:buffer';
import express, { type Request, type RequestHandler } from 'express';
import { formLimits } from '../../config/limits.ts';
import { HttpError } from '../errors.ts';

/** What stands for itself in a form. */
const isPlain = /^[\w.*-]*$/;

/** A form as it was sent: one string a field. */
export type FormBody = Readonly<Record<string, string>>;

/**
 * Reads `application/x-www-form-urlencoded` (https://url.spec.whatwg.org/#urlencoded-parsing) more strictly than the
 * standard asks: bytes that are not UTF-8, NULs and a field that comes twice are refused with 400, because whoever
 * sends them is no browser. Anything over the size limit is refused with 413; any other kind of body reads as empty.
 */
export function formBody(limit: number = formLimits.bytes): RequestHandler {
  const readBytes = express.raw({ type: () => true, limit });
  return (request, response, next) => {
    readBytes(request, response, (error?: unknown) => {
      if (error) return next(error);
      const bytes: unknown = request.body;
      const isForm = request.is('application/x-www-form-urlencoded') && Buffer.isBuffer(bytes);
      request.body = {};
      try {
        if (isForm) request.body = parseForm(bytes);
        next();
      } catch (refusal) {
        next(refusal);
      }
    });
  };
}

/** The form that {@link formBody} read. */
export const formOf = (request: Request): FormBody => (request.body ?? {}) as FormBody;

function parseForm(bytes: Buffer): FormBody {
  const form: Record<string, string> = Object.create(null);
  const pairs = decodeUtf8(bytes).split('&').filter(Boolean);
  if (pairs.length > formLimits.fields) throw new HttpError(400);
  for (const pair of pairs) {
    const equals = pair.indexOf('=');
    const name = decode(equals < 0 ? pair : pair.slice(0, equals));
    const value = equals < 0 ? '' : decode(pair.slice(equals + 1));
    if (name in form) throw new HttpError(400);
    form[name] = value;
  }
  return form;
}

function decode(encoded: string): string {
  if (isPlain.test(encoded)) return encoded;
  try {
    const text = decodeURIComponent(encoded.replaceAll('+', ' '));
    if (!text.includes('\0')) return text;
  } catch {
    // Falls through: a broken escape is refused like a NUL.
  }
  throw new HttpError(400);
}

function decodeUtf8(bytes: Buffer): string {
  if (!isUtf8(bytes)) throw new HttpError(400);
  return bytes.toString('utf8');
}
