import type { Request, RequestHandler } from 'express';
import { fileLimits } from '../../config/limits.ts';

const timers = new WeakMap<Request, NodeJS.Timeout>();

/** Ends requests whose body trickles in, which would hold a connection each. {@link allowTime} gives one longer. */
export function endSlowBodies(): RequestHandler {
  return (request, _response, next) => {
    const hasBody =
      request.headers['transfer-encoding'] !== undefined || Number(request.headers['content-length']) > 0;
    if (hasBody) allowTime(request, fileLimits.usualTime);
    next();
  };
}

/** Gives a request that has to bring a large file as long as that takes, in milliseconds. */
export function allowTime(request: Request, time: number): void {
  const known = timers.get(request);
  const timer = setTimeout(() => !request.complete && request.destroy(), time);
  timers.set(request, timer);
  clearTimeout(known);
  if (known) return;
  const forget = () => clearTimeout(timers.get(request));
  request.once('end', forget).once('close', forget);
}
