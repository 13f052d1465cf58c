type Waiting<Item, Result> = {
  item: Item;
  resolve: (result: Result) => void;
  reject: (reason: unknown) => void;
};
/** How each item fared, in their order. */
export type Outcomes<Result> = PromiseSettledResult<Result>[];

/** That all of them fared well, to a caller who learns nothing else. */
export const allDone = (items: readonly unknown[]): Outcomes<void> =>
  items.map(() => ({ status: 'fulfilled', value: undefined }));

type Grouping = { most: number; atOnce: number; wait?: number };

/**
 * Group commit: what is asked for within `wait` milliseconds (without it: in one turn of the event loop), or while
 * `atOnce` groups are under way, is done together, at most `most` items in one call of `work`. Where `work` throws, it
 * throws to everybody in the group.
 */
export function together<Item, Result = void>(
  work: (items: Item[]) => Promise<Outcomes<Result>>,
  { most, atOnce, wait }: Grouping,
): (item: Item) => Promise<Result> {
  let waiting: Waiting<Item, Result>[] = [];
  let underWay = 0;
  let isDue = false;

  const begin = async (): Promise<void> => {
    const group = waiting.slice(0, most);
    waiting = waiting.slice(most);
    underWay += 1;
    try {
      const outcomes = await work(group.map(({ item }) => item));
      for (const [i, { resolve, reject }] of group.entries()) {
        const outcome = outcomes[i];
        if (outcome?.status === 'fulfilled') resolve(outcome.value);
        else reject(outcome?.reason ?? new Error('Work done together says nothing of one of its items'));
      }
    } catch (error) {
      for (const { reject } of group) reject(error);
    }
    underWay -= 1;
    goOn();
  };
  const goOn = (): void => {
    while (underWay < atOnce && waiting.length > 0) void begin();
  };

  const beginDue = (): void => {
    isDue = false;
    goOn();
  };

  return (item) =>
    new Promise((resolve, reject) => {
      waiting.push({ item, resolve, reject });
      if (isDue || underWay >= atOnce) return;
      isDue = true;
      if (wait === undefined) setImmediate(beginDue);
      else setTimeout(beginDue, wait);
    });
}
