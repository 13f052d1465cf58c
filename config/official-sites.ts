/** The sites of official petitions that are known, as data. Any other https address can be linked to as well. */
export type OfficialSite = {
  readonly name: { readonly en: string; readonly fr: string };
  readonly hosts: readonly string[];
  /** The petition's number, as its address has it. */
  readonly number: RegExp;
  /** How many signatures lead to what; suggested to organizers. */
  readonly thresholds: readonly number[];
  /** Within how many days of being presented it is to be answered. */
  readonly answerDays?: number;
  /** Where it publishes a petition as JSON; `{number}` is its number. Nothing else is ever read. */
  readonly json?: string;
};

export const officialSites = {
  /** https://www.ourcommons.ca/petitions/en/Home/AboutContent: 500 signatures, 45 calendar days. */
  commons: {
    name: { en: 'House of Commons of Canada', fr: 'Chambre des communes du Canada' },
    hosts: ['www.ourcommons.ca', 'petitions.ourcommons.ca', 'www.noscommunes.ca', 'petitions.noscommunes.ca'],
    number: /[?&]petition=(e-\d{1,6})(?:&|#|$)/i,
    thresholds: [500],
    answerDays: 45,
  },
  /** https://petition.parliament.uk/help */
  ukParliament: {
    name: { en: 'UK Government and Parliament', fr: 'Gouvernement et Parlement du Royaume-Uni' },
    hosts: ['petition.parliament.uk'],
    number: /\/petitions\/(\d{1,9})(?:[/?#.]|$)/,
    thresholds: [10_000, 100_000],
    json: 'https://petition.parliament.uk/petitions/{number}.json',
  },
} as const satisfies Record<string, OfficialSite>;

export type OfficialSiteName = keyof typeof officialSites;
