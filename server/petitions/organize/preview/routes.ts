import type { Request, Response } from 'express';
import { storeImage } from '../../../images/image.ts';
import { letterFieldsView } from '../../../letters/view.ts';
import { formOf } from '../../../middleware/form-body.ts';
import type { OrganizeRoute } from '../../../middleware/guard.ts';
import { pictureForm, pictureOf } from '../../../middleware/picture-form.ts';
import { languageOf, showPage } from '../../../page.ts';
import type { Platform } from '../../../platform.ts';
import { signatureFormView } from '../../../signatures/form-view.ts';
import { countOf, readCount } from '../../../tallies/tally.ts';
import type { Petition } from '../../petition.ts';
import { petitionMeta, petitionView, progressView } from '../../view.ts';
import { receiveForm } from '../edit.ts';
import { isPictureThere } from '../picture.ts';
import { draftFrom } from './preview.ts';

/** What the form's scripts ask for, and its preview buttons without them. */
export function previewRoutes(platform: Platform): OrganizeRoute[] {
  const route = (path: OrganizeRoute['path'], handle: OrganizeRoute['handle']): OrganizeRoute => ({
    method: 'post',
    path,
    needs: 'petition.edit',
    before: [pictureForm()],
    handle,
  });
  const preview: OrganizeRoute['handle'] = (request, response, { petition }) =>
    showPreview(platform, request, response, petition);
  return [
    route('/organize/petitions/preview', preview),
    route('/organize/petitions/:petition/preview', preview),
    route('/organize/pictures', async (request, response) => {
      const uploaded = pictureOf(request);
      const stored = uploaded ? await storeImage(uploaded) : undefined;
      response.status(stored?.outcome === 'stored' ? 200 : 422).json(stored ?? { outcome: 'refused' });
    }),
  ];
}

/** The public page of what is typed so far, by the code and the template of the public page. Nothing is saved. */
async function showPreview(
  platform: Platform,
  request: Request,
  response: Response,
  stored?: Petition,
): Promise<void> {
  const now = new Date();
  const { typed } = await receiveForm(formOf(request), pictureOf(request));
  const isThere = await isPictureThere(typed.picture ?? '', stored);
  const petition = draftFrom(typed, isThere ? (typed.picture ?? '') : '', now, stored);
  const lang = languageOf(request, petition.language);
  const count = stored ? await readCount(petition, now) : countOf(petition, null, now);
  const shown = petitionView(petition, lang, now);
  const form = signatureFormView(platform, petition, lang, { typed: {} });
  showPage(request, response, 'petitions/show', {
    lang,
    page: petitionMeta(petition, lang, platform.env.BASE_URL, 'preview'),
    petition: shown,
    progress: progressView(petition, count),
    supporters: [],
    form: shown.isOpen ? { ...form, action: '#sign', isPreview: true } : undefined,
    preview: true,
    ...(petition.kind === 'letter' && { letter: await letterFieldsView(petition, lang, {}) }),
  });
}
