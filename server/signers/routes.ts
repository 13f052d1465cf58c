import { type Request, type Response, Router } from 'express';
import { publicCampaignsWith } from '../campaigns/find.ts';
import { campaignHeadline } from '../campaigns/view.ts';
import { HttpError, sendError } from '../errors.ts';
import { ownLetterData, ownLetterView } from '../letters/view.ts';
import { translate, translateFor } from '../locales.ts';
import { blockOf, limitBy } from '../middleware/rate-limits.ts';
import { ownWordsView } from '../moderation/own-words.ts';
import { isOrganisation } from '../open-letters/signatory.ts';
import { languageOf, showPage } from '../page.ts';
import type { Language } from '../petitions/petition.ts';
import { findVersion, signedTextsOf } from '../petitions/versions/version.ts';
import { versionView } from '../petitions/versions/view.ts';
import { headlineView, petitionUrl } from '../petitions/view.ts';
import { placeName } from '../places.ts';
import type { Platform } from '../platform.ts';
import type { Signature } from '../signatures/signature.ts';
import { signatureView } from '../signatures/view.ts';
import {
  eraseSigner,
  findOwnSignature,
  hideName,
  type Own,
  unsubscribe,
  withdrawable,
  withdrawSignature,
} from './own-data.ts';

/** What a signer can do from the links in any mail. GET changes nothing: mail scanners follow every link. */
export function signerRoutes(platform: Platform): Router {
  const router = Router();
  const limit = limitBy(platform, { linkPerBlock: blockOf(platform) }, (request, response, again) =>
    sendError(request, response, 429, again),
  );
  const own = async (request: Request): Promise<Own> => {
    const found = await findOwnSignature(platform, 'manage', String(request.params.token));
    if (!found) throw new HttpError(404);
    return found;
  };

  router.use(['/signatures/:token', '/unsubscribe/:token'], limit);

  router.get('/signatures/:token', async (request, response) => {
    await showOwnData(platform, request, response, await own(request));
  });

  router.post('/signatures/:token/download', async (request, response) => {
    const { signature, petition } = await own(request);
    response.set('Cache-Control', 'no-store').attachment('my-signature.json');
    const page = petition && platform.env.BASE_URL + petitionUrl(petition, petition.language);
    const signed = petition ? await findVersion(petition, signature.version ?? 1) : undefined;
    const textSigned = signed?.texts ?? (petition ? signedTextsOf(petition) : undefined);
    const letter = petition ? await ownLetterData(platform, petition, signature) : undefined;
    const campaigns = (await campaignsOf(signature)).map(({ url }) => platform.env.BASE_URL + url);
    response.json({ petition: page, campaigns, ...signatureView(platform, signature), letter, textSigned });
  });

  router.post('/signatures/:token/withdrawal', async (request, response) => {
    const { signature } = await own(request);
    await withdrawSignature(platform, signature);
    platform.recent.forget();
    response.redirect(303, `/signatures/${request.params.token}?done=withdrawn`);
  });

  router.post('/signatures/:token/hidden-name', async (request, response) => {
    const { signature } = await own(request);
    await hideName(signature._id);
    platform.recent.forget();
    response.redirect(303, `/signatures/${request.params.token}?done=nameHidden`);
  });

  router.post('/signatures/:token/erasure', async (request, response) => {
    const { signature } = await own(request);
    await eraseSigner(signature);
    platform.recent.forget();
    const lang = signature.language as Language;
    showPage(request, response, 'signatures/erased', {
      lang,
      page: { title: translate(lang, 'erased.heading'), noindex: true },
    });
  });

  router.get('/unsubscribe/:token', async (request, response) => {
    const lang = await languageOfLink(platform, request);
    showUnsubscribe(request, response, lang, false);
  });

  // RFC 8058: mail programs post here with no cookie and follow no redirect.
  router.post('/unsubscribe/:token', async (request, response) => {
    const found = await findOwnSignature(platform, 'unsubscribe', String(request.params.token));
    const lang = await languageOfLink(platform, request);
    if (found) await unsubscribe(found.signature);
    showUnsubscribe(request, response, lang, true);
  });

  return router;
}

/** The language of an unsubscribe link. One we never made is 404; one whose signature is gone has nothing to stop. */
async function languageOfLink(platform: Platform, request: Request): Promise<Language> {
  const token = String(request.params.token);
  if (!platform.tokens.read('unsubscribe', token)) throw new HttpError(404);
  const found = await findOwnSignature(platform, 'unsubscribe', token);
  return (found?.signature.language as Language | undefined) ?? languageOf(request);
}

function showUnsubscribe(request: Request, response: Response, lang: Language, done: boolean): void {
  const title = translate(lang, done ? 'unsubscribe.done.heading' : 'unsubscribe.button');
  showPage(request, response, 'signatures/unsubscribe', {
    lang,
    page: { title, noindex: true },
    action: request.originalUrl,
    done,
  });
}

/** The campaigns whose people a signature is among. */
async function campaignsOf({ petition, state, language }: Signature) {
  if (state !== 'confirmed') return [];
  const now = new Date();
  const found = await publicCampaignsWith(petition, now);
  return found.map((campaign) => campaignHeadline(campaign, language as Language, now));
}

const knownDone = ['withdrawn', 'nameHidden'];

async function showOwnData(
  platform: Platform,
  request: Request,
  response: Response,
  { signature, petition }: Own,
): Promise<void> {
  const lang = signature.language as Language;
  const base = `/signatures/${request.params.token}`;
  const shown = signatureView(platform, signature);
  const signed = petition ? await findVersion(petition, signature.version ?? 1) : undefined;
  showPage(request, response, 'signatures/manage', {
    lang,
    page: { title: translateFor(lang, petition?.kind, 'manage.heading'), noindex: true },
    petition: petition ? headlineView(petition, lang, new Date()) : undefined,
    letter: petition ? await ownLetterView(platform, petition, signature) : undefined,
    textSigned: petition && signed ? versionView(petition, signed, lang, new Date()) : undefined,
    signature: { ...shown, country: placeName(lang, shown.country) },
    campaigns: await campaignsOf(signature),
    words: ownWordsView(petition ?? { moderation: 'after' }, signature, lang),
    // Erased, an organisation that is listed stays so.
    isOrganisation: isOrganisation(signature) && signature.state === 'confirmed',
    isMerged: Boolean(signature.signatory?.mergedInto),
    mayWithdraw: withdrawable.includes(signature.state),
    done: knownDone.find((done) => done === request.query.done),
    urls: {
      download: `${base}/download`,
      withdraw: `${base}/withdrawal`,
      erase: `${base}/erasure`,
      hideName: `${base}/hidden-name`,
    },
  });
}
