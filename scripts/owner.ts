import { readEnv } from '../config/env.ts';
import { createLog } from '../config/log.ts';
import { firstOwnerPath } from '../server/organizers/access-link.ts';
import { hasOwner } from '../server/organizers/organizer.ts';
import { createTokens } from '../server/signers/tokens.ts';
import { connectMongo, disconnectMongo } from '../server/stores.ts';

/**
 * Prints the link that makes the first owner, for whoever runs the machine: `npm run owner`. The same link until it is
 * used; none where there is an owner.
 */
try {
  const env = readEnv();
  const patience = AbortSignal.timeout(10_000);
  await connectMongo(env.MONGODB_URL, createLog('owner', 'fatal'), patience);
  if (patience.aborted) throw new Error('MongoDB cannot be reached at MONGODB_URL');
  const url = (await hasOwner())
    ? undefined
    : env.BASE_URL + (await firstOwnerPath({ tokens: createTokens(env.LOOKUP_KEY) }));
  await disconnectMongo();
  process.stdout.write(
    url
      ? `Whoever opens this link becomes the owner, once:\n${url}\n`
      : `There is an owner already. Owners invite others at ${env.BASE_URL}/organize/people\n`,
  );
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
