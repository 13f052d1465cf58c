import { globSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';

/** The files that take longest, longest first: begun last, one of them would run on alone. */
const longest = [
  ...[
    'start',
    'signatures/organize/browser',
    'organize/pages',
    'http/shutdown',
    'organize/routes',
    'faults/seeds',
  ],
  ...['campaigns/exact', 'http/rolling', 'http/connections', 'faults', 'petitions/organize/browser'],
  ...[
    'moderation/keyboard',
    'http/overload',
    'signatures/organize/changes',
    'updates/once',
    'dashboard/browser',
  ],
].map((name) => `test/${name}.test.ts`);

const root = join(import.meta.dirname, '..');
const rankOf = (file: string) => (longest.includes(file) ? longest.indexOf(file) : longest.length);

/** Runs the files that are named, or all, each in a process of its own. Fails with status 1. */
const wanted = process.argv.slice(2);
const files = wanted.length > 0 ? wanted : globSync('test/**/*.test.ts', { cwd: root }).toSorted();
const lost = wanted.length > 0 ? [] : longest.filter((file) => !files.includes(file));
if (lost.length > 0) throw new Error(`test/run.ts names what is gone: ${lost}`);

run({
  cwd: root,
  files: files.toSorted((one, other) => rankOf(one) - rankOf(other)),
  // One more than there are processors: a third of the time a file waits, for a clock or a page.
  concurrency: Number(process.env.TEST_CONCURRENCY ?? availableParallelism() + 1),
  timeout: 300_000,
})
  .on('test:fail', () => {
    process.exitCode = 1;
  })
  .compose(spec)
  .pipe(process.stdout);
