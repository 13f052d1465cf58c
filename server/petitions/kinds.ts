import type { Petition } from './petition.ts';

export type Kind = Petition['kind'];

/** What can be made, as organizers choose it: its name and what it is for. A petition's kind never changes. */
export const kindWords: Readonly<Record<Kind, { name: string; what: string }>> = {
  petition: { name: 'Petition', what: 'People sign a text that goes to whoever can decide.' },
  letter: { name: 'Letter', what: 'Each person writes to decision makers, in their own words.' },
  openLetter: { name: 'Open letter', what: 'Organisations and people with a title sign in public.' },
  linked: {
    name: 'Official petition',
    what: 'People are led to a petition on an official site, such as a parliament’s.',
  },
};

/** What a kind is called within a sentence. */
export const kindName = (kind: Kind): string => kindWords[kind].name.toLowerCase();

/** The kinds that can be made so far. */
export const offeredKinds = ['petition', 'letter', 'openLetter', 'linked'] as const satisfies readonly Kind[];

/** The kind an address or a form names; a petition where it names none that is offered. */
export const kindOf = (named: unknown): Kind =>
  (offeredKinds as readonly Kind[]).find((kind) => kind === named) ?? 'petition';
