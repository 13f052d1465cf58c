import type { AuthenticationResponseJSON, RegistrationResponseJSON } from '@simplewebauthn/server';
import type { Types } from 'mongoose';
import { Organizer, organizerView } from '../../organizers/organizer.ts';
import type { Platform } from '../../platform.ts';

/** How long a ceremony may take, in seconds. */
const patience = 300;
/** Ed25519, ES256 and RS256: what authenticators have. https://www.iana.org/assignments/cose/cose.xhtml#algorithms */
const algorithms = [-8, -7, -257];
/** Passkeys of one account. */
const mostPasskeys = 20;
type Site = Pick<Platform, 'env' | 'redis'>;

/** Large, and of no use to most processes: read when the first passkey is. */
const webAuthn = () => import('@simplewebauthn/server');

const siteOf = ({ env }: Pick<Platform, 'env'>) => ({
  rpID: new URL(env.BASE_URL).hostname,
  origin: env.BASE_URL,
});
const challengeKey = (ceremony: string): string => `challenge:${ceremony}`;

/** Begins adding a passkey to the account. The answer goes to the browser as it is. https://www.w3.org/TR/webauthn-3/ */
export async function beginRegistration(
  platform: Site & Pick<Platform, 'vault'>,
  organizer: Organizer,
  session: string,
) {
  const { name, email } = organizerView(platform, organizer);
  const { generateRegistrationOptions } = await webAuthn();
  const options = await generateRegistrationOptions({
    rpName: platform.env.SENDER_NAME,
    rpID: siteOf(platform).rpID,
    userID: Uint8Array.from(organizer._id.id),
    userName: email,
    userDisplayName: name,
    attestationType: 'none',
    supportedAlgorithmIDs: algorithms,
    authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
    excludeCredentials: organizer.passkeys.map(({ _id }) => ({ id: _id })),
  });
  await platform.redis.set(challengeKey(session), options.challenge, 'EX', patience);
  return options;
}

/** Adds the passkey. `refused` where the answer is not to our question. */
export async function finishRegistration(
  platform: Site,
  organizer: Pick<Organizer, '_id'>,
  session: string,
  response: RegistrationResponseJSON,
  name: string,
  now = new Date(),
): Promise<'added' | 'refused'> {
  const expectedChallenge = await platform.redis.getdel(challengeKey(session));
  if (!expectedChallenge) return 'refused';
  const { rpID, origin } = siteOf(platform);
  const { verifyRegistrationResponse } = await webAuthn();
  const verified = await verifyRegistrationResponse({
    response,
    expectedChallenge,
    expectedOrigin: origin,
    expectedRPID: rpID,
    supportedAlgorithmIDs: algorithms,
  }).catch(() => undefined);
  if (!verified?.verified || !verified.registrationInfo) return 'refused';
  const { id, publicKey, counter, transports = [] } = verified.registrationInfo.credential;
  if (await Organizer.exists({ 'passkeys._id': id })) return 'refused';
  const passkey = { _id: id, publicKey: Buffer.from(publicKey), counter, transports, name, createdAt: now };
  const { modifiedCount } = await Organizer.updateOne(
    { _id: organizer._id, 'passkeys._id': { $ne: id }, [`passkeys.${mostPasskeys - 1}`]: { $exists: false } },
    { $push: { passkeys: passkey } },
  );
  return modifiedCount === 1 ? 'added' : 'refused';
}

/** Begins signing in with whatever passkey the browser has for us; `ceremony` is kept by the page. */
export async function beginAuthentication(platform: Site, ceremony: string) {
  const { generateAuthenticationOptions } = await webAuthn();
  const options = await generateAuthenticationOptions({
    rpID: siteOf(platform).rpID,
    userVerification: 'required',
  });
  await platform.redis.set(challengeKey(ceremony), options.challenge, 'EX', patience);
  return options;
}

/** `late`: the question was answered already, or too long ago. `refused`: by no passkey of an open account. */
type Authentication = { outcome: 'proved'; organizer: Types.ObjectId } | { outcome: 'late' | 'refused' };

/** Whose passkey answered. */
export async function finishAuthentication(
  platform: Site,
  ceremony: string,
  response: AuthenticationResponseJSON,
  now = new Date(),
): Promise<Authentication> {
  const expectedChallenge = await platform.redis.getdel(challengeKey(ceremony));
  if (!expectedChallenge) return { outcome: 'late' };
  const organizer = await Organizer.findOne({ 'passkeys._id': response.id, endedAt: null }).lean<Organizer>();
  const passkey = organizer?.passkeys.find(({ _id }) => _id === response.id);
  if (!organizer || !passkey) return { outcome: 'refused' };
  const { rpID, origin } = siteOf(platform);
  const { verifyAuthenticationResponse } = await webAuthn();
  const verified = await verifyAuthenticationResponse({
    response,
    expectedChallenge,
    expectedOrigin: origin,
    expectedRPID: rpID,
    credential: { id: passkey._id, publicKey: Uint8Array.from(passkey.publicKey), counter: passkey.counter },
  }).catch(() => undefined);
  if (!verified?.verified) return { outcome: 'refused' };
  const { newCounter } = verified.authenticationInfo;
  // Of two answers with one counter, which only a copied passkey gives, one is taken.
  const { matchedCount } = await Organizer.updateOne(
    { _id: organizer._id, passkeys: { $elemMatch: { _id: passkey._id, counter: passkey.counter } } },
    { $set: { 'passkeys.$.counter': newCounter, 'passkeys.$.lastUsedAt': now } },
  );
  return matchedCount === 1 ? { outcome: 'proved', organizer: organizer._id } : { outcome: 'refused' };
}

/** False where the account has no such passkey. */
export async function renamePasskey(
  organizer: Pick<Organizer, '_id'>,
  passkey: string,
  name: string,
): Promise<boolean> {
  const { matchedCount } = await Organizer.updateOne(
    { _id: organizer._id, 'passkeys._id': passkey },
    { $set: { 'passkeys.$.name': name } },
  );
  return matchedCount === 1;
}

/** False where the account has no such passkey. */
export async function removePasskey(organizer: Pick<Organizer, '_id'>, passkey: string): Promise<boolean> {
  const { matchedCount } = await Organizer.updateOne(
    { _id: organizer._id, 'passkeys._id': passkey },
    { $pull: { passkeys: { _id: passkey } } },
  );
  return matchedCount === 1;
}
