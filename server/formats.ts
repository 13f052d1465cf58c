/**
 * Formatters of Intl, each made once: making one takes as long as a hundred uses, and what it holds lies outside the
 * memory that V8 counts, so that many of them look like a leak. There are only as many as time zones and ways to say
 * things.
 */
export const dateFormat = once(
  (locale: string, options: Intl.DateTimeFormatOptions) => new Intl.DateTimeFormat(locale, options),
);
export const numberFormat = once(
  (locale: string, options: Intl.NumberFormatOptions) => new Intl.NumberFormat(locale, options),
);
export const relativeFormat = once(
  (locale: string, options: Intl.RelativeTimeFormatOptions) => new Intl.RelativeTimeFormat(locale, options),
);
export const listFormat = once(
  (locale: string, options: Intl.ListFormatOptions) => new Intl.ListFormat(locale, options),
);
/** For sorting: comparing with options by `localeCompare` makes one for every two texts. */
export const collator = once(
  (locale: string, options: Intl.CollatorOptions) => new Intl.Collator(locale, options),
);

function once<Format, Options extends object>(make: (locale: string, options: Options) => Format) {
  const made = new Map<string, Format>();
  return (locale: string, options = {} as Options): Format => {
    const key = locale + JSON.stringify(options);
    const known = made.get(key);
    if (known) return known;
    const format = make(locale, options);
    made.set(key, format);
    return format;
  };
}
