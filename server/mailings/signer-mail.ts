import { type Language, type Petition, textIn } from '../petitions/petition.ts';
import { petitionUrl } from '../petitions/view.ts';
import type { Platform } from '../platform.ts';
import type { Signature } from '../signatures/signature.ts';
import { openField } from '../signatures/view.ts';

type Tools = Pick<Platform, 'env' | 'vault' | 'tokens'>;

/** What the layout of every mail says: who sends it, and about which petition. */
export function mailFrame({ env }: Pick<Platform, 'env'>, petition: Petition, lang: Language) {
  return {
    lang,
    siteName: env.SENDER_NAME,
    siteAddress: env.SENDER_ADDRESS,
    petition: {
      kind: petition.kind,
      title: textIn(petition, lang).title,
      url: env.BASE_URL + petitionUrl(petition, lang),
    },
  };
}

/** What every mail to a signer says: the frame, their name, and the links to see, change and stop. */
export function signerMailContext(tools: Tools, petition: Petition, signature: Signature) {
  const { env, tokens } = tools;
  return {
    ...mailFrame(tools, petition, signature.language as Language),
    name: openField(tools, signature, 'name'),
    confirmUrl: `${env.BASE_URL}/confirm/${tokens.issue('confirm', signature._id)}`,
    manageUrl: `${env.BASE_URL}/signatures/${tokens.issue('manage', signature._id)}`,
    unsubscribeUrl: `${env.BASE_URL}/unsubscribe/${tokens.issue('unsubscribe', signature._id)}`,
    signedAt: signature.createdAt,
  };
}
