import type { RequestHandler } from 'express';

/** Once the process is asked to stop, each answer ends its connection: the next request goes to another process. */
export const leaveWhenStopping =
  (stopping: AbortSignal): RequestHandler =>
  (_request, response, next) => {
    if (stopping.aborted) response.set('Connection', 'close');
    next();
  };
