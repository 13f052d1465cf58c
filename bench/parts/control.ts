import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

type Answers = Record<string, (question: never) => unknown>;

/**
 * The way into a helper process: JSON over HTTP on loopback, `POST /<name>` with the question. The line that it prints
 * says the port, and whatever else the bench must know.
 */
export async function serveControl(answers: Answers, told: Record<string, number> = {}): Promise<void> {
  const answer = async (request: IncomingMessage): Promise<unknown> => {
    const name = request.url?.slice(1) ?? '';
    const question = JSON.parse((await text(request)) || '{}') as never;
    return Object.hasOwn(answers, name) ? answers[name]?.(question) : undefined;
  };
  const server = createServer((request, response) => {
    answer(request).then(
      (value) => response.end(JSON.stringify(value ?? null)),
      (error: Error) => response.writeHead(500).end(JSON.stringify(error.message)),
    );
  });
  // A question may take as long as a measurement.
  server.requestTimeout = 0;
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  process.stdout.write(`${JSON.stringify({ control: port, ...told })}\n`);
}
