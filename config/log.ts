import { type DestinationStream, type Logger, pino } from 'pino';

export type Log = Logger;

const address = /[^\s<>"':,;()]+@[^\s<>"':,;()]+/g;
const scrub = (text: string): string => text.replaceAll(address, '[address]');

/** Errors as they may be logged: mail servers and databases quote addresses in their messages, so those are cut out. */
function describeError(error: Error & { code?: unknown; responseCode?: unknown }) {
  return {
    type: error.name,
    message: scrub(String(error.message)),
    stack: scrub(String(error.stack)),
    ...(error.code !== undefined && { code: error.code }),
    ...(error.responseCode !== undefined && { responseCode: error.responseCode }),
  };
}

/** One JSON line per event, on standard output unless told otherwise. `part` is the process: web, workers... */
export function createLog(
  part: string,
  level: string,
  destination: DestinationStream = pino.destination(1),
): Log {
  return pino({ level, base: { part }, serializers: { err: describeError } }, destination);
}
