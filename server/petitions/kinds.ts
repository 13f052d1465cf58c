import type { Petition } from './petition.ts';

export type Kind = Petition['kind'];

/**
 * What can be made, as organizers choose it: its name, what it is for, and what its numbers are of where that is not
 * plainly signatures. A petition's kind never changes.
 */
export const kindWords: Readonly<Record<Kind, { name: string; what: string; counts?: string }>> = {
  petition: { name: 'Petition', what: 'People sign a text that goes to whoever can decide.' },
  letter: {
    name: 'Letter',
    what: 'Each person writes to decision makers, in their own words.',
    counts:
      'A signature here is somebody who wrote and confirmed. How many letters have gone out is under “Letter”.',
  },
  openLetter: {
    name: 'Open letter',
    what: 'Organisations and people with a title sign in public.',
    counts:
      'Organisations and people with a title wait, held, until a moderator has looked at them; then they count. They are under “Signatories”.',
  },
  linked: {
    name: 'Official petition',
    what: 'People are led to a petition on an official site, such as a parliament’s.',
    counts:
      'A signature here is somebody who told you that they have signed there. All official counts are under “Official page”.',
  },
};

/** What a kind is called within a sentence. */
export const kindName = (kind: Kind): string => kindWords[kind].name.toLowerCase();

/** The kinds that can be made so far. */
export const offeredKinds = ['petition', 'letter', 'openLetter', 'linked'] as const satisfies readonly Kind[];

/** The kind an address or a form names; a petition where it names none that is offered. */
export const kindOf = (named: unknown): Kind =>
  (offeredKinds as readonly Kind[]).find((kind) => kind === named) ?? 'petition';
