/** A sample petition for an empty database. Every place, group and person in them is invented. */

type Language = 'en' | 'fr';

interface SampleText {
  title: string;
  addressedTo: string;
  summary: string;
  /** Markdown. */
  body: string;
  imageAlt: string;
}

interface SampleSupporter {
  name: string;
  /** ISO 3166-1 alpha-2. */
  country: string;
  region?: string;
  comment?: string;
}

export interface SamplePetition {
  slug: string;
  kind: 'petition' | 'linked';
  language: Language;
  texts: Partial<Record<Language, SampleText>>;
  /** `file` is relative to `public/`. */
  image?: { file: string; width: number; height: number };
  group: { name: string; url?: string; pressName?: string; pressEmail?: string; pressPhone?: string };
  goal: { kind: 'fixed'; number: number } | { kind: 'auto' };
  publishedAt: Date;
  opensAt?: Date;
  closesAt?: Date;
  timeZone: string;
  history: {
    outcome: 'delivered' | 'answered' | 'victory';
    at: Date;
    note: Partial<Record<Language, string>>;
  }[];
  ledger: { at: Date; who: string; source: string; number: number }[];
  hashtags: string[];
  donationUrl?: string;
  newsletterUrl?: string;
  /** How many confirmed signatures to make, the `supporters` among them. */
  signatures: number;
  supporters: SampleSupporter[];
}

export function daysFrom(now: Date, days: number): Date {
  return new Date(now.getTime() + days * 24 * 60 * 60 * 1000);
}

export function eveningOf(day: Date): Date {
  const evening = new Date(day);
  evening.setUTCHours(21, 59, 0, 0);
  return evening;
}
