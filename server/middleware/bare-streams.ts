import type { RequestHandler } from 'express';

/**
 * Has Node's HTTP server let go of the connection of an event stream, as of one that is upgraded: its parser, request and
 * response weigh three times what the connection does, and a stream needs none of them. Must run before anything waits.
 * That `upgrade` decides is not documented: where it does not, streams are written through their responses.
 */
export const bareStreams: RequestHandler = (request, response, next) => {
  const { headers, method, path } = request;
  const hasBody = 'transfer-encoding' in headers || 'content-length' in headers;
  // Without a socket yet it stands behind another request of the same connection.
  if (method === 'GET' && path.endsWith('/events') && !hasBody && response.socket) {
    Object.assign(request, { upgrade: true });
    // Nobody reads a next request there.
    response.shouldKeepAlive = false;
  }
  next();
};
