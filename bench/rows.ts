/** What a row's budget is held against: its ratio to the floor, or its value. */
type Budget = { of: 'ratio' | 'value'; atLeast?: number; atMost?: number };
type Declaration = { unit: string; of: string; floor?: string; budget?: Budget };

/** Every row there is, and the budgets of the design. `floor` says what the value is compared with. */
export const rows = {
  sign: {
    unit: '/s',
    of: 'signing, the whole path, without workers',
    floor: 'bare Express inserting one document of the same size in the same database',
    budget: { of: 'ratio', atLeast: 0.5 },
  },
  sign_rate: {
    unit: '/s',
    of: 'signing while workers mail and count',
    budget: { of: 'value', atLeast: 1_000 },
  },
  confirm_to_event_p99: {
    unit: 'ms',
    of: 'from the answer to a confirmation to the count on an open page, at 300 confirmations a second',
    budget: { of: 'value', atMost: 1_000 },
  },
  page: {
    unit: '/s',
    of: "a petition's page",
    floor: 'bare Express sending the same bytes',
    budget: { of: 'ratio', atLeast: 0.8 },
  },
  count_json: { unit: '/s', of: 'count.json', floor: 'bare Express sending the same bytes' },
  viewers: {
    unit: 'streams',
    of: 'open event streams on one web process that had the last count, while people signed and confirmed',
    budget: { of: 'value', atLeast: 10_000 },
  },
  viewer_memory: {
    unit: 'KiB',
    of: 'growth of the web process, which was busy before, for each open stream',
    budget: { of: 'value', atMost: 16 },
  },
  mail: {
    unit: '/s',
    of: 'confirmation mails through the workers',
    floor: 'bare pooled nodemailer sending a mail of the same size to the same server',
  },
  sign_million: {
    unit: '/s',
    of: 'signing a petition with a million signatures',
    floor: 'the same with a thousand',
    budget: { of: 'ratio', atLeast: 0.9 },
  },
  page_million: { unit: '/s', of: 'its page', floor: 'the same with a thousand' },
  dashboard_million: { unit: '/s', of: 'its dashboard', floor: 'the same with a thousand' },
  list_million: { unit: '/s', of: 'its list of signatures', floor: 'the same with a thousand' },
  export_rate: { unit: 'rows/s', of: 'export of a million signatures as CSV by the workers' },
  export_memory: {
    unit: 'MiB',
    of: 'growth of the worker process meanwhile, at its highest',
    budget: { of: 'value', atMost: 64 },
  },
} as const satisfies Record<string, Declaration>;

export type RowId = keyof typeof rows;
export const declarationOf = (id: RowId): Declaration => rows[id];

/** What was measured. `note` is for people who read the table; it is not in the results. */
export type Measured = { id: RowId; value: number; floor?: number; note?: string };

export type Row = {
  id: RowId;
  value: number;
  unit: string;
  floor: number | null;
  ratio: number | null;
  budget: number | null;
  /** Null where there is no budget. */
  met: boolean | null;
};

/** Holds what was measured against its budget. */
export function judge({ id, value, floor }: Measured): Row {
  const { unit, budget } = declarationOf(id);
  const ratio = floor === undefined ? null : value / floor;
  const held = budget?.of === 'ratio' ? ratio : value;
  if (!Number.isFinite(held)) throw new Error(`${id}: there is no number to hold against its budget`);
  const met =
    budget && held !== null
      ? held >= (budget.atLeast ?? Number.NEGATIVE_INFINITY) &&
        held <= (budget.atMost ?? Number.POSITIVE_INFINITY)
      : null;
  return {
    id,
    value,
    unit,
    floor: floor ?? null,
    ratio,
    budget: budget?.atLeast ?? budget?.atMost ?? null,
    met,
  };
}
