/** What the round needs to know of a tally. */
export type Head<Entry> = { version: number; batch: readonly Entry[] | null; heldUntil?: Date | null };

/** The next batch: its entries, and the update that puts their sums into the tally. */
export type Next<Entry> = {
  entries: Entry[];
  update: { $inc: Record<string, number>; $set: Record<string, unknown>; $unset?: Record<string, 1> };
  /** Called once the sums hold it. */
  onApplied?: () => void;
};

/** A tally and what it is of: the signatures of a petition, the people of a campaign. */
type Journal<Entry, Tally extends Head<Entry>> = {
  /** The tally as it is, or a new one. */
  read(): Promise<Tally>;
  /** What changed since; undefined where nothing did. */
  next(tally: Tally): Promise<Next<Entry> | undefined>;
  /** Applies an update where the tally still has this version and no batch. False where somebody else was faster. */
  apply(version: number, update: Next<Entry>['update']): Promise<boolean>;
  /** Marks what the batch is of, then clears it. May be repeated by anybody at any later time. */
  finish(version: number, batch: readonly Entry[]): Promise<void>;
};

export type RoundOutcome = 'moved' | 'idle' | 'held';

/**
 * One round: finishes the batch that is under way, or applies the next one. The sums and the batch are one update
 * conditioned on the version, so of two workers one wins; marking can be repeated by anybody at any later time without
 * effect, so a crash anywhere is finished by the next round. `idle` means there was nothing to do, `held` that the
 * nightly comparison is counting.
 */
export async function runRound<Entry, Tally extends Head<Entry>>(
  journal: Journal<Entry, Tally>,
  now: Date,
): Promise<RoundOutcome> {
  const tally = await journal.read();
  if (tally.batch) {
    await journal.finish(tally.version, tally.batch);
    return 'moved';
  }
  if (tally.heldUntil && tally.heldUntil > now) return 'held';
  const next = await journal.next(tally);
  if (!next) return 'idle';
  const { entries, update, onApplied } = next;
  const applied = await journal.apply(tally.version, {
    ...update,
    $inc: { version: 1, ...update.$inc },
    $set: { batch: entries, ...update.$set },
  });
  if (applied) {
    onApplied?.();
    await journal.finish(tally.version + 1, entries);
  }
  return 'moved';
}
