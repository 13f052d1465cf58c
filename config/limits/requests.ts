import { hour, minute } from './time.ts';

/** So many requests in so many seconds. */
type Limit = { readonly limit: number; readonly window: number };

/** Requests, counted in Redis. A block is an IPv4 address or an IPv6 /56. */
export const rateLimits = {
  signPerBlock: { limit: 120, window: 10 * minute },
  signPerAddress: { limit: 6, window: hour },
  signPerPetition: { limit: 90_000, window: minute },
  resendPerBlock: { limit: 30, window: 10 * minute },
  resendPerAddress: { limit: 3, window: hour },
  /** Mail scanners of a whole company follow links from one address. */
  linkPerBlock: { limit: 1_000, window: 10 * minute },
  signInPerBlock: { limit: 30, window: 10 * minute },
  signInPerAddress: { limit: 5, window: 10 * minute },
  reportPerBlock: { limit: 20, window: 10 * minute },
  representativesPerBlock: { limit: 60, window: 10 * minute },
  newsletterPerBlock: { limit: 30, window: 10 * minute },
  newsletterPerAddress: { limit: 5, window: hour },
} as const satisfies Record<string, Limit>;

/** What a form may weigh and hold. */
export const formLimits = {
  bytes: 64 * 1024,
  fields: 40,
  name: 100,
  comment: 500,
  region: 100,
  postalCode: 16,
  phone: 40,
} as const;

/** hCaptcha: how long siteverify may take, in milliseconds, and how long a token may be, in characters. */
export const captchaLimits = { timeout: 5_000, token: 16_384 } as const;
