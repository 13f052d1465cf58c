import type { World } from './world.ts';

/** Somebody at a browser without scripts: sends forms, follows nothing by itself. */
export function visitor({ url }: Pick<World, 'url'>, headers: Record<string, string> = {}) {
  const request = (path: string, init: RequestInit = {}) =>
    fetch(url + path, {
      redirect: 'manual',
      ...init,
      headers: { accept: 'text/html', ...headers, ...init.headers },
    });
  return {
    request,
    get: (path: string) => request(path),
    post: (path: string, form: Record<string, string> | string = {}) =>
      request(path, {
        method: 'POST',
        body: typeof form === 'string' ? form : new URLSearchParams(form),
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
      }),
    /** Signs a petition by the contract. */
    sign(slug: string, form: Record<string, string>) {
      return this.post(`/petitions/${slug}/signatures`, form);
    },
    async count(slug: string): Promise<number> {
      const response = await request(`/petitions/${slug}/count.json`);
      return ((await response.json()) as { count: number }).count;
    },
  };
}
