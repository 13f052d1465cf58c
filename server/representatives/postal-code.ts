/** https://en.wikipedia.org/wiki/Postal_codes_in_Canada: neither D, F, I, O, Q nor U; W and Z not in front. */
const canadian = /^[ABCEGHJ-NPRSTVXY]\d[ABCEGHJ-NPRSTV-Z]\d[ABCEGHJ-NPRSTV-Z]\d$/;
/** Letters that people type where a digit stands. */
const digits: Readonly<Record<string, string>> = { O: '0', I: '1', L: '1' };

const plain = (typed: string): string => typed.toUpperCase().replaceAll(/[\s\-–.]/g, '');

/** `K1A0B1` from what people type for it; undefined where it is none. An O for a zero is understood. */
export function readCanadianCode(typed: string): string | undefined {
  const code = [...plain(typed)].map((sign, at) => (at % 2 === 1 ? (digits[sign] ?? sign) : sign)).join('');
  return canadian.test(code) ? code : undefined;
}

/** A postal code of any country; undefined where it is none. */
export function readCode(typed: string): string | undefined {
  const code = plain(typed);
  return /^[A-Z0-9]{1,10}$/.test(code) && /\d/.test(code) ? code : undefined;
}

/** A postal code or what some begin with, such as `K1A` or `AB`. A longer word is none. */
export function readPrefix(typed: string): string | undefined {
  const code = plain(typed);
  return /^[A-Z]{1,3}$/.test(code) ? code : readCode(typed);
}

/** Everything a code begins with, the longest first. */
export const prefixesOf = (code: string): string[] =>
  Array.from({ length: code.length }, (_, n) => code.slice(0, code.length - n));
