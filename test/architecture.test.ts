import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { basename } from 'node:path';
import { describe, it } from 'node:test';
import { filesIn, read, root, type Source, sourceOf } from './support/sources.ts';

const modules = (...folders: string[]): Source[] =>
  folders.flatMap((folder) => filesIn(folder, '.ts').map((file) => sourceOf(file)));
const config = modules('config');
const server = modules('server');
const workers = modules('workers');
const app = [...config, ...server, ...workers];

/** Every import that a rule does not allow: `from -> to`. */
const breaches = (sources: Source[], isAllowed: (to: string, from: string) => boolean): string[] =>
  sources.flatMap(({ file, imports }) =>
    imports.filter((to) => !isAllowed(to, file)).map((to) => `${file} -> ${to}`),
  );

const isRoutes = (file: string) => basename(file) === 'routes.ts';

describe('imports point one way', () => {
  it('were found at all', () => {
    const { imports, packages } = sourceOf('server/app.ts');
    assert.ok(imports.includes('server/petitions/routes.ts') && packages.includes('express'));
    assert.ok(app.length > 50);
  });

  it('config knows only itself', () => {
    assert.deepEqual(
      breaches(config, (to) => to.startsWith('config/')),
      [],
    );
  });

  it('the queues know only config: never who does the work', () => {
    assert.deepEqual(
      breaches(
        [sourceOf('workers/queues.ts')],
        (to) => to.startsWith('config/') || to === 'server/together.ts',
      ),
      [],
    );
  });

  it('the server knows of the workers only the queues', () => {
    assert.deepEqual(
      breaches(server, (to) => /^(config|server|locales)\//.test(to) || to === 'workers/queues.ts'),
      [],
    );
  });

  it('the workers know the domain, never HTTP', () => {
    const isHttp = (file: string) =>
      isRoutes(file) || /^server\/(app|errors|page|main)\.ts$|^server\/middleware\//.test(file);
    assert.deepEqual(
      breaches(workers, (to) => /^(config|server|workers)\//.test(to) && !isHttp(to)),
      [],
    );
  });

  it('only the map of the application and other routes know routes', () => {
    assert.deepEqual(
      breaches(app, (to, from) => !isRoutes(to) || isRoutes(from) || from === 'server/app.ts'),
      [],
    );
  });

  it('nothing knows which database it talks to, nor the scripts and tests', () => {
    assert.deepEqual(
      breaches(app, (to) => !/^(embedded|scripts|test|bench)\//.test(to)),
      [],
    );
    assert.deepEqual(
      breaches(modules('embedded'), (to) => /^(embedded|config)\//.test(to)),
      [],
    );
    for (const { file, packages } of app)
      for (const name of ['lmdb', 'mingo', 'bson'])
        assert.ok(!packages.includes(name), `${file} imports ${name}`);
  });
});

describe('what only some may know', () => {
  it('process.env is read by config alone', () => {
    const readers = [...app, ...modules('embedded')].filter(({ text }) => /process\s*\.\s*env\b/.test(text));
    assert.deepEqual(
      readers.map(({ file }) => file),
      ['config/env.ts'],
    );
  });

  it('formatters of Intl are made once, and kept by one module: many of them fill memory that V8 does not see', () => {
    const making = /new Intl\.(?!DisplayNames)|localeCompare\([^()]*,[^()]*,/;
    assert.deepEqual(
      app.filter(({ text }) => making.test(text)).map(({ file }) => file),
      ['server/formats.ts'],
    );
  });

  it('Express is known to the map, errors, pages, middleware and routes', () => {
    const may = (file: string) =>
      isRoutes(file) || /^server\/(app|errors|page|views)\.ts$|^server\/middleware\//.test(file);
    const knowing = app.filter(({ packages }) => packages.includes('express')).map(({ file }) => file);
    assert.ok(knowing.length > 5);
    assert.deepEqual(
      knowing.filter((file) => !may(file)),
      [],
    );
  });

  it('requests and responses stay out of the domain', () => {
    const domain = app.filter(
      ({ packages, file }) => !packages.includes('express') && !isRoutes(file) && file !== 'server/main.ts',
    );
    for (const { file, text } of domain)
      assert.doesNotMatch(
        text,
        /\b(req|res|request|response)\.(body|query|params|headers|status|redirect|render)\b/,
        file,
      );
  });
});

describe('importing any module', () => {
  it('has no effect: nothing listens, nothing connects, nothing is printed, and the process ends', () => {
    const files = [...app, ...modules('embedded')]
      .map(({ file }) => `${root}/${file}`)
      .filter((file) => !file.endsWith('embedded/main.ts'));
    const script = `
      import { writeSync } from 'node:fs';
      for (const file of ${JSON.stringify(files)}) await import(file);
      await new Promise((resolve) => setTimeout(resolve, 100));
      const open = process.getActiveResourcesInfo().filter((name) => !/TTY|Pipe|CloseReq/.test(name));
      writeSync(1, JSON.stringify(open));`;
    const { stdout, stderr, status, signal } = spawnSync(
      process.execPath,
      ['--input-type=module', '--eval', script],
      { cwd: root, env: { PATH: process.env.PATH }, timeout: 20_000, encoding: 'utf8' },
    );
    assert.equal(signal, null, 'it did not end by itself');
    assert.equal(status, 0, stderr);
    assert.equal(stdout, '[]', 'something is open');
    assert.equal(stderr, '');
  });
});

describe('the templates', () => {
  const templates = filesIn('views', '.hbs').map((file) => ({ file, text: read(file) }));

  it('print nothing unescaped but the sanitised text of a petition', () => {
    const raw = templates
      .filter(({ file }) => !file.endsWith('.text.hbs'))
      .flatMap(({ file, text }) =>
        (text.match(/\{\{\{.*?\}\}\}|\{\{~?&.*?\}\}/g) ?? []).map((tag) => `${file} ${tag}`),
      );
    assert.deepEqual(raw, [
      'views/petitions/show.hbs {{{petition.html}}}',
      'views/updates/prose.hbs {{{html}}}',
    ]);
    for (const { file, text } of app) assert.doesNotMatch(text, /SafeString|noEscape/, file);
  });

  it('have no inline script, style or handler, which the browser would refuse', () => {
    for (const { file, text } of templates) {
      if (file.startsWith('views/mail/') || file.includes('mail')) continue;
      assert.doesNotMatch(text, /<script(?![^>]*\bsrc=)|<style|\sstyle=|\son[a-z]+=/, file);
    }
  });

  it('load nothing from anywhere else', () => {
    for (const { file, text } of templates)
      assert.doesNotMatch(text, /(?:src|srcset|action|<link[^>]*href)="(?:https?:)?\/\//, file);
  });
});
