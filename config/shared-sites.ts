/** Sites where many organisations have a page each: their domain alone says nothing about whose page it is. */
export const sharedSites: ReadonlySet<string> = new Set([
  ...['facebook.com', 'instagram.com', 'x.com', 'twitter.com', 'linkedin.com', 'youtube.com', 'tiktok.com'],
  ...[
    'threads.net',
    'bsky.app',
    'mastodon.social',
    't.me',
    'vk.com',
    'medium.com',
    'substack.com',
    'patreon.com',
  ],
  ...[
    'linktr.ee',
    'sites.google.com',
    'docs.google.com',
    'forms.gle',
    'bit.ly',
    'github.com',
    'gofundme.com',
  ],
  ...['eventbrite.com', 'meetup.com', 'wikipedia.org', 'en.wikipedia.org', 'fr.wikipedia.org'],
]);
