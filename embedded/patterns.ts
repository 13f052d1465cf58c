import { BSONRegExp } from 'bson';
import { CommandError } from './errors.ts';

/** MongoDB's regular expressions (PCRE) as JavaScript's, with the option `x` carried out. */
export function regularExpression(value: RegExp | BSONRegExp): RegExp {
  if (value instanceof RegExp) return value;
  const { pattern, options } = value;
  const source = options.includes('x')
    ? pattern.replace(/\\#|#.*$|(\\\s)|\s+/gm, (all, escaped) => (escaped || all === '\\#' ? all : ''))
    : pattern;
  try {
    return new RegExp(source, `${options.replace(/[^ims]/g, '')}u`);
  } catch {
    try {
      return new RegExp(source, options.replace(/[^ims]/g, ''));
    } catch (reason) {
      throw new CommandError(
        51091,
        `Regular expression is invalid: ${reason instanceof Error ? reason.message : reason}`,
      );
    }
  }
}

/** `$regex` and `$options` as one value. */
export function joinRegex(pattern: unknown, options: unknown): BSONRegExp {
  if (typeof pattern !== 'string' && !(pattern instanceof BSONRegExp)) {
    throw new CommandError('BadValue', '$regex has to be a string');
  }
  const text = typeof pattern === 'string' ? pattern : pattern.pattern;
  const flags = typeof options === 'string' ? options : typeof pattern === 'string' ? '' : pattern.options;
  const bad = flags.match(/[^imsxu]/);
  if (bad) throw new CommandError(51108, `invalid flag in regex options: ${bad[0]}`);
  return new BSONRegExp(text, [...new Set(flags)].sort().join(''));
}
