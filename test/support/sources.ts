import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

export const root = join(import.meta.dirname, '../..');

export type Source = { file: string; text: string; imports: string[]; packages: string[] };

/** Every file below a folder, by its path from the root. */
export const filesIn = (folder: string, ending: string): string[] =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith(ending))
    .map((file) => join(folder, file))
    .sort();

export const read = (file: string): string => readFileSync(join(root, file), 'utf8');

/** A module with what it imports: our files by their path from the root, and packages by their name. */
export function sourceOf(file: string): Source {
  const text = read(file);
  const named = [
    ...text.matchAll(/(?:^|\n)(?:import|export)\b[^'"`;]*?from '([^']+)'/g),
    ...text.matchAll(/import\(['"]([^'"]+)['"]\)/g),
  ];
  const all = named.map(([, name]) => name ?? '');
  return {
    file,
    text,
    imports: all
      .filter((name) => name.startsWith('.'))
      .map((name) => relative(root, join(root, dirname(file), name))),
    packages: all.filter((name) => !name.startsWith('.')),
  };
}

/** The keys of a locale: `form.name.label`. */
export function keysOf(locale: object, prefix = ''): string[] {
  return Object.entries(locale).flatMap(([key, value]) =>
    typeof value === 'object' ? keysOf(value, `${prefix}${key}.`) : [`${prefix}${key}`],
  );
}
