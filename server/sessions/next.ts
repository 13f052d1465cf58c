const here = 'http://here.invalid';

/** Where somebody goes on after signing in: a path of ours below /organize; undefined for anything else. */
export function nextPath(asked: unknown): string | undefined {
  if (typeof asked !== 'string' || asked.length > 500) return undefined;
  const url = URL.parse(asked, here);
  if (!url || url.origin !== here || !asked.startsWith('/')) return undefined;
  if (!/^\/organize(\/|$)/.test(url.pathname)) return undefined;
  if (/^\/organize\/(sign-in|sign-out|enter)(\/|$)/.test(url.pathname)) return undefined;
  return url.pathname + url.search;
}
