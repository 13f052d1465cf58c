const entities: Record<string, string> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  '#x27': "'",
  '#x3D': '=',
  '#x60': '`',
};

/** Text as a reader sees it. */
export const unescapeHtml = (html: string): string =>
  html.replaceAll(/&(amp|lt|gt|quot|#x27|#x3D|#x60);/g, (_, name: string) => entities[name] ?? '');

/** A page's words, without its tags. */
export const textOf = (html: string): string =>
  unescapeHtml(html.replaceAll(/<[^>]*>/g, ' ')).replaceAll(/\s+/g, ' ');

/** What the page says of itself: `og:title`, `robots`... */
export function metaOf(html: string, name: string): string | undefined {
  const found = new RegExp(`<meta (?:name|property)="${name}" content="([^"]*)"`).exec(html);
  return found?.[1] === undefined ? undefined : unescapeHtml(found[1]);
}

const control = (html: string, field: string): string =>
  new RegExp(`<(?:input|select|textarea)[^>]* id="field-${field}"[^>]*>`).exec(html)?.[0] ?? '';

/** What stands in a field of the form: text, the chosen option, or whether it is ticked. */
export function valueIn(html: string, field: string): string | boolean | undefined {
  const tag = control(html, field);
  if (tag.includes('type="checkbox"')) return / checked/.test(tag);
  if (tag.startsWith('<textarea')) {
    const from = html.indexOf(tag) + tag.length;
    return unescapeHtml(html.slice(from, html.indexOf('</textarea>', from)));
  }
  if (tag.startsWith('<select')) {
    const from = html.indexOf(tag);
    const options = html.slice(from, html.indexOf('</select>', from));
    return /<option value="([^"]*)" selected/.exec(options)?.[1] ?? '';
  }
  const value = / value="([^"]*)"/.exec(tag)?.[1];
  return value === undefined ? undefined : unescapeHtml(value);
}

/** The message at a field, where there is one that is shown. */
export function errorAt(html: string, field: string): string | undefined {
  const found = new RegExp(`<p class="field-error" id="field-${field}-error"([^>]*)>([^<]*)</p>`).exec(html);
  return found && !found[1]?.endsWith(' hidden') ? unescapeHtml(found[2] ?? '') : undefined;
}

/** The ids of what takes the focus when the page opens; there should be one. */
export const focusIn = (html: string): string[] =>
  [...html.matchAll(/<[^>]* autofocus[^>]*>/g)].map(([tag]) => / id="([^"]*)"/.exec(tag)?.[1] ?? tag);
