import { existsSync } from 'node:fs';

type Face = { regular: string; bold: string };
export type Fonts = { face: Face; fits: (text: string) => string };

/** Fonts with the letters of most languages, where systems keep them. Debian: `fonts-dejavu-core`. */
const known: readonly Face[] = [
  ['/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf', '/usr/share/fonts/truetype/dejavu/DejaVuSans-Bold.ttf'],
  ['/usr/share/fonts/TTF/DejaVuSans.ttf', '/usr/share/fonts/TTF/DejaVuSans-Bold.ttf'],
  ['/usr/share/fonts/truetype/noto/NotoSans-Regular.ttf', '/usr/share/fonts/truetype/noto/NotoSans-Bold.ttf'],
  [
    '/usr/share/fonts/truetype/liberation/LiberationSans-Regular.ttf',
    '/usr/share/fonts/truetype/liberation/LiberationSans-Bold.ttf',
  ],
].map(([regular = '', bold = '']) => ({ regular, bold }));

/** Every PDF reader has these, for the letters of Western Europe alone. */
const builtIn: Face = { regular: 'Helvetica', bold: 'Helvetica-Bold' };
const beyondWestern = /[^\n\u0020-\u007e\u00a0-\u00ff‘’“”‚„–—…•€œŒšŠžŽŸ]/gu;

/** The best fonts there are. `fits` puts a question mark for what they cannot show. */
export function findFonts(): Fonts {
  const face = known.find(({ regular, bold }) => existsSync(regular) && existsSync(bold));
  if (face) return { face, fits: (text) => text };
  return { face: builtIn, fits: (text) => text.normalize('NFC').replaceAll(beyondWestern, '?') };
}
