import assert from 'node:assert/strict';
import nock from 'nock';
import type { Petition } from '../../server/petitions/petition.ts';
import { makePetition } from '../support/factories.ts';
import type { SignedInVisitor } from '../support/organizer.ts';

export const commons = 'https://www.ourcommons.ca/petitions/en/Petition/Details?Petition=e-4701';
export const parliament = 'https://petition.parliament.uk/petitions/700012';

const day = 86_400_000;
/** The day of the calendar so many days from now. */
export const dayFrom = (days: number): string => new Date(Date.now() + days * day).toISOString().slice(0, 10);

export const linkedTexts = {
  en: { title: 'Save the bog', addressedTo: 'Parliament', summary: 'A bog.', body: 'It **matters**.' },
  fr: { title: 'Sauvons la tourbière', addressedTo: 'Parlement', summary: 'Elle.', body: 'Elle compte.' },
};

export const officialPath = ({ _id }: Pick<Petition, '_id'>, rest = ''): string =>
  `/organize/petitions/${_id}/official${rest}`;

/** A page that leads to an official petition, with whatever a test says otherwise of either. */
export async function makeLinked(
  editor: SignedInVisitor,
  form: Record<string, string> = {},
  differences: Record<string, unknown> = {},
): Promise<Petition> {
  const petition = await makePetition({
    ...{ kind: 'linked', texts: linkedTexts, goal: { kind: 'fixed', number: 3_000 } },
    ...differences,
  });
  const response = await editor.post(officialPath(petition), { ...officialForm, ...form });
  assert.equal(response.status, 303, await response.text());
  return petition;
}

export const officialForm: Record<string, string> = {
  ...{ revision: '0', 'url-en': commons, sponsor: 'Ada Member, MP', thresholds: '500' },
  ...{ opensOn: dayFrom(-30), closesOn: dayFrom(20) },
};

/** The UK Parliament's answer, in the shape that its site has; `data` says otherwise. */
export const ukAnswer = (attributes: Record<string, unknown> = {}) => ({
  links: { self: `${parliament}.json` },
  data: {
    type: 'petition',
    id: 700012,
    attributes: {
      ...{ action: 'Save the bog', background: 'A bog.', state: 'open', signature_count: 1_800 },
      ...{ opened_at: '2026-09-01T10:00:00.000Z', closed_at: null, government_response_at: null },
      ...{ signatures_by_country: [{ name: 'United Kingdom', code: 'GB', signature_count: 1_790 }] },
      ...attributes,
    },
  },
});

/** petition.parliament.uk, which is not ours to ask in tests. The next question gets this answer. */
export function ukSite(
  answer: nock.Body | Error = ukAnswer(),
  { status = 200, delay = 0, headers = {} } = {},
) {
  const asking = nock('https://petition.parliament.uk').get('/petitions/700012.json').delay(delay);
  const scope =
    answer instanceof Error ? asking.replyWithError(answer.message) : asking.reply(status, answer, headers);
  return { wasAsked: () => scope.isDone() };
}
