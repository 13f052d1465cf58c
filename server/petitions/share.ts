import { translate, translateFor } from '../locales.ts';
import { type Language, type Petition, textIn } from './petition.ts';
import { petitionUrl } from './view.ts';

/** Links that open each network with the petition's address, a sentence and its hashtags filled in. No network's script. */
export function shareView(petition: Petition, lang: Language, baseUrl: string) {
  const { title } = textIn(petition, lang);
  const address = (ref: string) => {
    const url = new URL(petitionUrl(petition, lang), baseUrl);
    url.searchParams.set('ref', ref);
    return url.href;
  };
  const says = translateFor(lang, petition.kind, 'share.text', { title });
  return shareLinks(
    lang,
    { title, says, hashtags: petition.hashtags, address, url: petitionUrl(petition, lang) },
    baseUrl,
  );
}

type Shared = {
  title: string;
  says: string;
  hashtags: readonly string[];
  /** The whole address, with the name of the network that brings somebody there. */
  address: (ref: string) => string;
  url: string;
};

/** The links for any page of ours. */
export function shareLinks(lang: Language, { title, says, hashtags, address, url }: Shared, baseUrl: string) {
  const tags = hashtags.map((tag) => `#${tag}`).join(' ');
  const withLink = (ref: string) => [says, address(ref), tags].filter(Boolean).join(' ');
  const link = (to: string, values: Record<string, string>) =>
    `${to}?${new URLSearchParams(values)}`.replaceAll('+', '%20');

  const links = [
    { network: 'whatsapp', href: link('https://wa.me/', { text: withLink('whatsapp') }) },
    {
      network: 'facebook',
      href: link('https://www.facebook.com/sharer/sharer.php', { u: address('facebook') }),
    },
    { network: 'bluesky', href: link('https://bsky.app/intent/compose', { text: withLink('bluesky') }) },
    {
      network: 'x',
      href: link('https://x.com/intent/post', {
        text: says,
        url: address('x'),
        hashtags: hashtags.join(','),
      }),
    },
    { network: 'email', href: link('mailto:', { subject: title, body: withLink('email') }) },
  ];
  return {
    url: new URL(url, baseUrl).href,
    text: [says, tags].filter(Boolean).join(' '),
    links: links.map(({ network, href }) => ({ network, href, label: translate(lang, `share.${network}`) })),
  };
}
