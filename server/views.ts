import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import Handlebars from 'handlebars';
import { formatDate, formatNumber, translateFor } from './locales.ts';
import type { Language } from './petitions/petition.ts';

const viewsFolder = join(import.meta.dirname, '../views');
/** The browser's half of passkeys, as plain modules. */
export const webauthnFolder = join(import.meta.dirname, '../node_modules/@simplewebauthn/browser/esm');
export const publicFolder = join(import.meta.dirname, '../public');

type ViewContext = { lang: Language } & Record<string, unknown>;

/** Renders `views/<name>.hbs`; `context.lang` is the language of its texts. */
export type Views = { render(name: string, context: ViewContext): string };

type Root = { lang: Language; petition?: { kind?: string } };
const rootOf = (options: Handlebars.HelperOptions): Root => options.data.root as Root;

/** Compiles every template once. Throws where one cannot be read. */
export function createViews(): Views {
  const handlebars = Handlebars.create();
  handlebars.registerHelper('eq', (a: unknown, b: unknown) => a === b);
  // In the words of the kind of petition that the page or the mail is of, where it has its own.
  handlebars.registerHelper('t', (key: string, options: Handlebars.HelperOptions) => {
    const { lang, petition } = rootOf(options);
    return translateFor(lang, petition?.kind, key, options.hash);
  });
  handlebars.registerHelper('number', (value: number, options: Handlebars.HelperOptions) =>
    formatNumber(rootOf(options).lang, value),
  );
  handlebars.registerHelper('date', (value: Date | string, options: Handlebars.HelperOptions) =>
    typeof value === 'string' ? value : formatDate(rootOf(options).lang, value),
  );
  handlebars.registerHelper('asset', assetUrl);

  const compiled = new Map<string, Handlebars.TemplateDelegate>();
  for (const file of readdirSync(viewsFolder, { recursive: true, encoding: 'utf8' })) {
    if (!file.endsWith('.hbs')) continue;
    const name = file.slice(0, -'.hbs'.length);
    // Without `preventIndent` a partial's own indentation would creep into what people typed in a text area.
    const template = handlebars.compile(readFileSync(join(viewsFolder, file), 'utf8'), {
      preventIndent: true,
    });
    compiled.set(name, template);
    handlebars.registerPartial(name, template);
  }

  return {
    render(name, context) {
      const template = compiled.get(name);
      if (!template) throw new Error(`There is no view ${name}`);
      return template(context);
    },
  };
}

const versions = new Map<string, string>();

/** The address of a file in public/, with its content's hash so that it can be cached for ever. */
export function assetUrl(file: string): string {
  const known = versions.get(file);
  if (known) return known;
  const hash = createHash('sha256')
    .update(readFileSync(join(publicFolder, file)))
    .digest('base64url')
    .slice(0, 10);
  const url = `/assets/${file}?v=${hash}`;
  versions.set(file, url);
  return url;
}
