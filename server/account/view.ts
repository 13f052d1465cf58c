import { formatDate, inWords } from '../locales.ts';
import type { Organizer } from '../organizers/organizer.ts';
import { deviceName } from '../sessions/device.ts';
import type { Session } from '../sessions/session.ts';

/** One's open sessions as the account page lists them. */
export const sessionsView = (sessions: Session[], current: Session, now: Date) =>
  sessions.map(({ id, device, createdAt, seenAt }) => ({
    id,
    device: deviceName(device),
    since: formatDate('en', new Date(createdAt)),
    // A visit is noted once a minute, so anything less would be made up.
    seen: now.getTime() - seenAt < 120_000 ? 'now' : inWords('en', new Date(seenAt), now),
    isThis: id === current.id,
  }));

export const passkeysView = ({ passkeys }: Organizer, now: Date) =>
  passkeys.map(({ _id, name, createdAt, lastUsedAt }) => ({
    id: _id,
    name,
    added: formatDate('en', createdAt),
    used: lastUsedAt ? inWords('en', lastUsedAt, now) : 'never',
  }));
