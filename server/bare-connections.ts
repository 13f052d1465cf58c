import type { Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Writable } from 'node:stream';

/** What a stream's text is written to. */
export type Line = Pick<
  Writable,
  'write' | 'end' | 'destroy' | 'destroyed' | 'writableEnded' | 'writableLength' | 'once'
>;

/** The connections that an HTTP server let go of, as it does for an upgrade, and whose they were. */
const bare = new Map<Socket, Server>();

/** Looks after what the server lets go of as the server itself would: its parser and its listeners are gone. */
export function keepBare(server: Server): void {
  server.on('upgrade', (_request, duplex) => {
    const socket = duplex as Socket;
    bare.set(socket, server);
    socket.on('error', ignore).on('timeout', cut).on('end', end).on('finish', cut).on('close', forget);
    // Whatever still comes is read and thrown away: so we learn that nobody is there any more.
    socket.resume();
  });
}

/**
 * The connection of a response that has begun, if the server let go of it, else the response. For everything that waits
 * for its end the response is over then, and with it goes the request.
 */
export function lineOf(response: ServerResponse): Line {
  const { socket } = response;
  if (!socket || !bare.has(socket)) return response;
  response.detachSocket(socket);
  response.destroy();
  response.emit('close');
  return socket;
}

/** Cuts what is left of a server's, which it does not know any more. */
export function cutBare(server: Server): void {
  for (const [socket, owner] of bare) if (owner === server) socket.destroy();
}

// One function each for ten thousand connections.
function ignore(): void {}
function cut(this: Socket): void {
  this.destroy();
}
function end(this: Socket): void {
  this.end();
}
function forget(this: Socket): void {
  bare.delete(this);
}
