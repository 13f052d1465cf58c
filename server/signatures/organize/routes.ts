import { HttpError } from '../../errors.ts';
import { formBody, formOf } from '../../middleware/form-body.ts';
import type { Exchange, OrganizeRoute } from '../../middleware/guard.ts';
import { organizePath, petitionPage } from '../../organize/petition-page.ts';
import { showPage } from '../../page.ts';
import type { Platform } from '../../platform.ts';
import { countUpTo } from './by-index.ts';
import { changeRoutes } from './changes/routes.ts';
import { type Filter, filterForm, filterQuery } from './filter.ts';
import { findSignature, listSignatures, pageForm } from './list.ts';
import { readSearch } from './search.ts';
import { detailView, filterChoices, filterInWords, rowView } from './view.ts';
import { changeChoices } from './words.ts';

/** A petition's signatures: looking for them, looking at one, and changing one or thousands. */
export function organizeSignatureRoutes(platform: Platform): OrganizeRoute[] {
  const path = '/organize/petitions/:petition/signatures';
  const needs = 'signature.view';
  return [
    {
      method: 'get',
      path,
      needs,
      handle: (request, response, who) =>
        showList({ platform, request, response, who }, readFilter(request.query)),
    },
    {
      method: 'post',
      path: `${path}/search`,
      needs,
      before: [formBody()],
      handle: (request, response, who) => search({ platform, request, response, who }),
    },
    ...changeRoutes(platform),
    {
      method: 'get',
      path: `${path}/:signature`,
      needs,
      async handle(request, response, who) {
        const signature = await findSignature(who.petition, request.params.signature);
        if (!signature) throw new HttpError(404);
        const shown = await detailView(platform, who.petition, signature);
        showPage(request, response, 'organize/signatures/show', {
          ...petitionPage(platform, who, shown.name, 'signatures'),
          signature: shown,
          changes: changeChoices(signature),
          width: 'narrow',
        });
      },
    },
  ];
}

/** The filter of a query; 400 for one that no page of ours links to. */
export function readFilter(query: unknown): Filter {
  const parsed = filterForm.safeParse(query);
  if (!parsed.success) throw new HttpError(400);
  return parsed.data;
}

async function search(exchange: Exchange): Promise<void> {
  const { platform, request, response, who } = exchange;
  const typed = formOf(request);
  const found = readSearch(platform, typed);
  if (found.outcome === 'malformed') throw new HttpError(400);
  if (found.outcome === 'read')
    return response.redirect(303, `${organizePath(who.petition, 'signatures')}?${found.query}`);
  const { keepPerson, keepDomain, who: person, at, ...kept } = typed;
  const filter = readFilter({ ...kept, person: keepPerson, domain: keepDomain });
  response.status(422);
  await showList(exchange, filter, {
    typed: { who: person, at },
    errors: { [found.field]: found.message },
  });
}

async function showList(
  { platform, request, response, who }: Exchange,
  filter: Filter,
  refusal: { typed?: Record<string, string | undefined>; errors?: Record<string, string> } = {},
): Promise<void> {
  const { petition } = who;
  const page = pageForm.safeParse(request.method === 'GET' ? request.query : {});
  if (!page.success) throw new HttpError(400);
  const [{ rows, older, newer }, count, choices] = await Promise.all([
    listSignatures(petition, filter, page.data),
    countUpTo(petition, filter),
    filterChoices(petition, filter),
  ]);
  const query = filterQuery(filter);
  const pageUrl = (name: string, place?: string) =>
    place &&
    `${organizePath(petition, 'signatures')}?${[query, `${name}=${place}`].filter(Boolean).join('&')}`;
  showPage(request, response, 'organize/signatures/index', {
    ...petitionPage(platform, who, 'Signatures', 'signatures'),
    script: 'js/signatures.js',
    rows: rows.map((signature) => rowView(platform, petition, signature)),
    count,
    choices,
    filter,
    filterFields: Object.entries(filter).map(([name, value]) => ({ name, value })),
    isFiltered: query !== '',
    filterWords: filterInWords(filter),
    changes: changeChoices(),
    olderUrl: pageUrl('older', older),
    newerUrl: pageUrl('newer', newer),
    query,
    ...refusal,
  });
}
