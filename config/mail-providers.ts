/**
 * How providers read the part before the @, so that one mailbox has one canonical address.
 * Only what a provider documents stands here: for everyone else dots and tags may be somebody else's mailbox.
 * The first domain is the canonical one, the others are aliases of the same mailboxes.
 */
export type MailProvider = {
  readonly domains: readonly [string, ...string[]];
  /** Everything from this character on is the owner's own note. */
  readonly tag?: string;
  /** Characters the provider ignores. */
  readonly ignores?: readonly string[];
};

export const mailProviders: readonly MailProvider[] = [
  { domains: ['gmail.com', 'googlemail.com'], tag: '+', ignores: ['.'] },
  { domains: ['proton.me', 'protonmail.com', 'pm.me'], tag: '+', ignores: ['.', '-', '_'] },
  { domains: ['protonmail.ch'], tag: '+', ignores: ['.', '-', '_'] },
  { domains: ['icloud.com', 'me.com', 'mac.com'], tag: '+' },
  { domains: ['outlook.com'], tag: '+' },
  { domains: ['hotmail.com'], tag: '+' },
  { domains: ['live.com'], tag: '+' },
  { domains: ['msn.com'], tag: '+' },
  { domains: ['fastmail.com'], tag: '+' },
  { domains: ['fastmail.fm'], tag: '+' },
  { domains: ['yandex.com', 'yandex.ru', 'ya.ru', 'yandex.by', 'yandex.kz'], tag: '+' },
  { domains: ['yahoo.com'], tag: '-' },
  { domains: ['yahoo.ca'], tag: '-' },
  { domains: ['yahoo.fr'], tag: '-' },
  { domains: ['yahoo.co.uk'], tag: '-' },
  { domains: ['zoho.com', 'zohomail.com'], tag: '+' },
  { domains: ['mailbox.org'], tag: '+' },
  { domains: ['posteo.de', 'posteo.net'], tag: '+' },
  { domains: ['tuta.com'] },
];

/** Throwaway mailboxes that anybody can read: a signature confirmed from one is held for a person to look at. */
export const throwawayDomains: ReadonlySet<string> = new Set([
  ...['mailinator.com', 'guerrillamail.com', 'guerrillamail.org', 'sharklasers.com', 'grr.la', 'yopmail.com'],
  ...['10minutemail.com', 'temp-mail.org', 'tempmail.com', 'trashmail.com', 'maildrop.cc', 'dispostable.com'],
  ...['getnada.com', 'throwawaymail.com', 'fakeinbox.com', 'mailnesia.com', 'moakt.com', 'discard.email'],
]);
