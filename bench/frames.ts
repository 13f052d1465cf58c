import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

/** What `--cpu-prof` writes: https://chromedevtools.github.io/devtools-protocol/tot/Profiler/#type-Profile */
export type Profile = {
  nodes: {
    id: number;
    children?: number[];
    callFrame: { functionName: string; url: string; lineNumber: number };
  }[];
  samples: number[];
  timeDeltas: number[];
};

const root = join(import.meta.dirname, '..');

export const placeOf = (url: string): string =>
  url.startsWith('file:')
    ? relative(root, fileURLToPath(url))
    : url.startsWith('/')
      ? relative(root, url)
      : url || 'native';

/** `node_modules/express`, `server/signatures`, `node:internal`. */
export function packageOf(place: string): string {
  const [, dependency] = /node_modules\/((?:@[^/]+\/)?[^/]+)(?!.*node_modules)/.exec(place) ?? [];
  if (dependency) return dependency;
  return place
    .split('/')
    .slice(0, place.startsWith('server/') ? 2 : 1)
    .join('/');
}
