import type { RequestHandler, Response } from 'express';

/** Once the process is asked to stop, each answer ends its connection: the next request goes to another process. */
export function leaveWhenStopping(stopping: AbortSignal): RequestHandler {
  const unanswered = new Set<Response>();
  const leave = (response: Response) => {
    if (!response.headersSent) response.set('Connection', 'close');
  };
  stopping.addEventListener('abort', () => unanswered.forEach(leave), { once: true });

  return (_request, response, next) => {
    if (stopping.aborted) leave(response);
    else {
      unanswered.add(response);
      response.once('close', () => unanswered.delete(response));
    }
    next();
  };
}
