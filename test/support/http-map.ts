import type { Express, Router } from 'express';

type Layer = Router['stack'][number];

/** Every route that an application answers, as `GET /petitions/:slug`; `ALL` is any method that has none of its own. */
export const routesOf = (app: Express): string[] => [...new Set(app.router.stack.flatMap(routesIn))];

function routesIn({ route, handle, name }: Layer): string[] {
  if (route) {
    const paths = [route.path].flat();
    const methods = route.stack.map(({ method }) => (method ?? 'all').toUpperCase());
    return paths.flatMap((path) => methods.map((method) => `${method} ${path}`));
  }
  const { stack } = handle as Partial<Router>;
  if (stack) return stack.flatMap(routesIn);
  return name === 'serveStatic' ? ['GET /assets'] : [];
}
