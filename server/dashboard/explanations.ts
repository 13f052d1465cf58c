import type { Petition } from '../petitions/petition.ts';

/** The numbers at the top of the dashboard, in order, and what exactly each of them counts. */
const explanations = {
  total: {
    label: 'Total',
    what: 'What the public page shows: the confirmed signatures and the offline ledger together. It is set against the goal: a fixed one, or the next step of the ladder.',
  },
  confirmed: {
    label: 'Confirmed',
    what: 'Signatures whose signer pressed the button in the mail, and that are not withdrawn, invalidated or held now. The tally counts each of them once, a moment after it is confirmed; each night a full count checks it.',
  },
  today: {
    label: 'Today',
    what: 'The confirmed signatures whose button was pressed since midnight in the petition’s time zone. Somebody who confirms and withdraws on the same day is not in it.',
  },
  pending: {
    label: 'Pending',
    what: 'Signatures whose signer was sent a mail and has not confirmed yet. They do not count. After a day they are reminded once; after 30 days they are deleted.',
  },
  held: {
    label: 'Held',
    what: 'Confirmed addresses that the rules against abuse want a person to look at. They do not count until somebody releases them.',
  },
  withdrawn: {
    label: 'Withdrawn',
    what: 'Signatures that their signers took back, from the link in any mail. They no longer count.',
  },
  invalidated: {
    label: 'Invalidated',
    what: 'Signatures that an organizer took off the count. Who did it and why is in the log, and it can be undone.',
  },
  offline: {
    label: 'On paper and by partners',
    what: 'The sum of the offline ledger: numbers that organizers entered with a date and a source. They are part of the total and shown apart from the confirmed ones.',
  },
  rate: {
    label: 'Confirmation rate',
    what: 'Of the people who were asked by mail to confirm more than a day and less than 30 days ago, the share that did, whatever became of their signature since; at most the latest 1,000 of them. Those of the last day may still confirm, and those who did not within 30 days are deleted. Paper signatures were not asked.',
  },
} as const;

export type FactName = keyof typeof explanations | 'official';
type Explanation = { label: string; what: string };
type Explained = Partial<Record<FactName, Explanation | undefined>>;

/** An official petition is signed elsewhere: what is counted here are people who told of it, and the goal is not theirs. */
const ofLinked: Explained = {
  official: {
    label: 'Official count',
    what: 'The latest count of the official site, as an organizer entered it or the site told it; all of them are under “Official page”. It is set against your goal, or else the next number that leads to something there.',
  },
  ...explanations,
  confirmed: undefined,
  total: {
    label: 'Told you that they signed',
    what: 'What the public page says beside the official count: people who told you that they have signed there and confirmed their address, and the offline ledger. The official site knows nothing of them.',
  },
};

/** The numbers of this petition's kind, in order; the first is set against the goal. */
export const explanationsFor = ({ kind }: Pick<Petition, 'kind'>): [FactName, Explanation][] =>
  Object.entries(kind === 'linked' ? ofLinked : explanations).filter(
    (entry): entry is [FactName, Explanation] => entry[1] !== undefined,
  );

/** Those that follow from the tally alone: they are as of its last move. */
export const tallied: ReadonlySet<FactName> = new Set(['total', 'confirmed', 'today']);

/** What the parts of the page below show. */
export const partExplanations = {
  hours:
    'The confirmed signatures by the hour in which their signer pressed the button, in the petition’s time zone. Whoever withdrew or was invalidated since is not in it. The last bar is the present hour.',
  days: 'The confirmed signatures by the day on which their signer pressed the button, in the petition’s time zone, from the opening on. Whoever withdrew or was invalidated since is not in it. The last bar is today.',
  forecast:
    'What would happen at the pace of the last seven full days, taken as their mean; as a range, the mean of the three slowest and of the three fastest of them. Where three full weeks brought 70 or more, each weekday is weighted by its mean of these weeks. The day of the opening and today are not full days. It knows nothing of what you plan.',
  regions: 'The confirmed signatures by the place the signer gave. Of some countries we know the regions.',
  sources:
    'The confirmed signatures by the ref in the link that brought the signer: “?ref=newsletter” counts as “newsletter”. Links without one, and people who typed the address, are direct. The first 500 different ones are counted apart.',
  mail: 'Every mail of this petition in the last 60 days, by what became of it. To try again: the mail server did not take it for now. Failed: it refused it for good. Not sent on purpose: the person asked for no mail, or it had become pointless. Under way: a worker is at it. Unclear: the connection broke, or the worker ended, when the server may have had it; where the mail is still due it is tried again. A reason is the reply code of the mail server, never its words.',
  corrections:
    'Each night all signatures are counted one by one and compared with the running tally. Where they differ the tally is corrected, and the petition’s public page says so.',
  updates:
    'The updates and victories whose sending to the signers who agreed was begun, the latest twenty. How many mails went out and what became of them stands under Mail, as “Update”.',
} as const;
