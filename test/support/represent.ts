import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * Open North's Represent on loopback, in the shape the real one answers in (recorded from
 * https://represent.opennorth.ca/postcodes/K0A1K0/ and https://represent.opennorth.ca/representatives/house-of-commons/;
 * the people are made up). A list of representatives is absent where it is empty, one of boundaries is not; several
 * sets have one district; unknown texts are empty strings; an office may lack `tel` or `fax`; 404 is an HTML page.
 */
export type FakeRepresent = Awaited<ReturnType<typeof startRepresent>>;
type Answer = { status?: number; body?: unknown; headers?: Record<string, string>; never?: boolean };

export async function startRepresent() {
  const answers = new Map<string, Answer>();
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    const code = /^\/postcodes\/([A-Z0-9]+)\/$/.exec(request.url ?? '')?.[1] ?? '';
    reply(response, answers.get(code) ?? recorded(code));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    /** Every request there was: method and path. */
    asked,
    /** How many questions there were about a code. */
    count: (code: string) => asked.filter((line) => line === `GET /postcodes/${code}/`).length,
    /** What a code is answered with from now on; without an answer, what is recorded. */
    answer(code: string, answer?: Answer) {
      if (answer) answers.set(code, answer);
      else answers.delete(code);
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const notFound: Answer = {
  status: 404,
  headers: { 'content-type': 'text/html; charset=utf-8' },
  body: '<!DOCTYPE html><html><title>Not Found</title></html>',
};
const recorded = (code: string): Answer => {
  const body = postcodes[code];
  return body ? { body } : notFound;
};

function reply(response: ServerResponse, { status = 200, body = '', headers, never }: Answer): void {
  if (never) return;
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8', ...headers });
  response.end(typeof body === 'string' ? body : JSON.stringify(body));
}

const boundary = (set: string, setName: string, name: string, slug: string) => ({
  ...{ url: `/boundaries/${set}/${slug}/`, name, boundary_set_name: setName, external_id: slug },
  related: { boundary_set_url: `/boundary-sets/${set}/` },
});
const federal = (name: string, slug: string) =>
  boundary('federal-electoral-districts-2023-representation-order', 'Federal electoral district', name, slug);

type Person = { name: string; email?: string; party?: string; language?: string };
const person = (office: string, set: string, district: string, { name, email, party, language }: Person) => ({
  ...{ name, district_name: district, elected_office: office, email: email ?? '', party_name: party ?? '' },
  ...{
    first_name: name.split(' ')[0],
    last_name: name.split(' ').at(-1),
    gender: '',
    photo_url: '',
    url: '',
  },
  ...{ source_url: 'https://www.example.org/members', personal_url: '' },
  offices: [
    {
      fax: '1 613 555-0101',
      tel: '1 613 555-0100',
      type: 'legislature',
      postal: 'House of Commons\nOttawa ON  K1A 0A6',
    },
    { tel: '1 613 555-0102', type: 'constituency' },
  ],
  extra: language ? { preferred_languages: [language] } : {},
  representative_set_name: set,
  related: {
    representative_set_url: `/representative-sets/${set.toLowerCase().replaceAll(' ', '-')}/`,
    boundary_url: '/boundaries/federal-electoral-districts-2023-representation-order/35020/',
  },
});
export const mp = (district: string, who: Person) => person('MP', 'House of Commons', district, who);
export const mpp = (district: string, who: Person) =>
  person('MPP', 'Legislative Assembly of Ontario', district, who);

export const address = (name: string) => `${name.toLowerCase().replaceAll(' ', '.')}@parl.example.org`;
const withAddress = (name: string, rest: Omit<Person, 'name' | 'email'> = {}): Person => ({
  ...{ name, email: address(name) },
  ...rest,
});
const place = (code: string, city: string, province: string) => ({
  ...{ code, city, province },
  centroid: { type: 'Point', coordinates: [-75.419587, 45.343377] },
});

/** An answer about a code with these people, by its centroid. */
export const answerFor = (code: string, people: object[], districts: object[] = []) => ({
  ...place(code, 'OTTAWA', 'ON'),
  ...{ boundaries_concordance: [], boundaries_centroid: districts },
  ...(people.length > 0 && { representatives_centroid: people }),
});

export const postcodes: Record<string, object> = {
  /** One MP, one MPP, and a councillor without an address. */
  K0A1K0: {
    ...place('K0A1K0', 'CARLSBAD SPRINGS', 'ON'),
    boundaries_concordance: [],
    boundaries_centroid: [
      boundary('federal-electoral-districts', 'Federal electoral district', 'Carleton', '35031'),
      federal('Carleton', '35020'),
      boundary('ottawa-wards', 'Ottawa ward', 'Osgoode', 'osgoode'),
    ],
    representatives_centroid: [
      mp('Carleton', withAddress('Avery Sample', { party: 'Liberal', language: 'French' })),
      mpp('Carleton', withAddress('Blair Example')),
      person('Councillor', 'Ottawa City Council', 'Osgoode', { name: 'Casey Nomail' }),
    ],
  },
  /** Two federal districts: one by concordance, one by the centroid. */
  K1A0B1: {
    ...place('K1A0B1', 'OTTAWA', 'ON'),
    boundaries_concordance: [federal('Ottawa Centre', '35079')],
    boundaries_centroid: [federal('Ottawa South', '35081')],
    representatives_concordance: [mp('Ottawa Centre', withAddress('Dana Left'))],
    representatives_centroid: [
      mp('Ottawa South', withAddress('Ellis Right')),
      mpp('Ottawa South', withAddress('Flo Provincial')),
    ],
  },
  /** A seat that is vacant: a district, nobody in it, and no list of representatives at all. */
  X0A0H0: {
    ...place('X0A0H0', 'IQALUIT', 'NU'),
    boundaries_concordance: [],
    boundaries_centroid: [federal('Nunavut', '62001')],
  },
};
