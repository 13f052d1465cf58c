const most = { words: 200, length: 40 };

/** Words as they are searched: without capitals and accents. */
export const wordsOf = (text: string): string[] =>
  text
    .normalize('NFD')
    .replaceAll(/\p{M}/gu, '')
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter(Boolean)
    .map((word) => word.slice(0, most.length));

/** A value of an entry's details in words: lists with commas, objects as `name: value`. */
export function inWords(value: unknown): string {
  if (Array.isArray(value)) return value.map(inWords).join(', ');
  if (value instanceof Date) return value.toISOString();
  if (value && typeof value === 'object' && Object.getPrototypeOf(value) === Object.prototype)
    return Object.entries(value)
      .map(([name, inner]) => `${name}: ${inWords(inner)}`)
      .join(', ');
  return String(value ?? '');
}

/** Every word that an entry can be found by, beside who, where and what. */
export const searchWords = (details: Record<string, unknown> = {}, why = ''): string[] => [
  ...new Set(wordsOf(`${inWords(details)} ${why}`).slice(0, most.words)),
];
