import { textOf, unescapeHtml } from '../support/page.ts';

/** What stands at a place of the dashboard that moves: `confirmed`, `rateNote`, `forecast`... */
export function textAt(html: string, name: string): string | undefined {
  const found = new RegExp(`data-text="${name}"[^>]*>([^<]*)<`).exec(html);
  return found?.[1] === undefined ? undefined : unescapeHtml(found[1]);
}

/** The rows of a table that moves, cell by cell. */
export function rowsAt(html: string, name: string): string[][] {
  const from = html.indexOf(`<tbody data-rows="${name}">`);
  if (from < 0) throw new Error(`There is no table ${name}`);
  const body = html.slice(from, html.indexOf('</tbody>', from));
  return [...body.matchAll(/<tr>(.*?)<\/tr>/gs)].map(([, row]) =>
    [...(row ?? '').matchAll(/<t[hd][^>]*>(.*?)<\/t[hd]>/gs)].map(([, cell]) => textOf(cell ?? '').trim()),
  );
}

/** Whether a part that comes and goes is there to be seen. */
export function isShown(html: string, name: string): boolean {
  const found = new RegExp(`data-show="${name}"([^>]*)>`).exec(html);
  if (!found) throw new Error(`There is no part ${name}`);
  return !found[1]?.includes('hidden');
}
