import { createWriteStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { finished } from 'node:stream/promises';
import { setImmediate } from 'node:timers/promises';
import { formatNumber, translate } from '../../locales.ts';
import type { Language } from '../../petitions/petition.ts';
import { Paper, soft } from './paper.ts';

/** One who agreed to be named. */
export type Named = { name: string; place?: string; reason?: string };
export type Cover = {
  title: string;
  addressedTo: string;
  group?: string;
  /** The public total, and in words what of. */
  count: { number: string; words: string; date: string };
  /** The parts of the total, and where the signers live: a name and a number each. */
  parts: [string, string][];
  regions: [string, string][];
};
export type Volume = {
  lang: Language;
  title: string;
  /** From 1; the first has the cover. */
  number: number;
  cover?: Cover;
  namesNote?: string;
  /** Lists that come before the names: those who signed an open letter as an organisation or with a title. */
  lists?: readonly { heading: string; names: readonly Named[] }[];
  /** The number of its first page. */
  page: number;
  names: AsyncIterable<Named>;
};
/** `page` is the number of the next page; `unprintable` of how many signers some letters could not be shown. */
export type Written = { bytes: number; page: number; unprintable: number };

/** Names drawn before others get a turn. */
const atOnce = 50;

/** Writes one volume of a delivery pack, page by page. */
export async function writeVolume(path: string, volume: Volume): Promise<Written> {
  const paper = new Paper(volume);
  const file = createWriteStream(path, { mode: 0o600 });
  const done = finished(file);
  // Whoever reads the names first must not leave this one's failure unheard.
  done.catch(() => undefined);
  paper.pdf.pipe(file);
  try {
    if (volume.cover) writeCover(paper, volume.cover);
    const listed = writeLists(paper, volume);
    const unprintable = listed + (await writeNames(paper, volume));
    paper.pdf.end();
    await done;
    return { bytes: (await stat(path)).size, page: paper.next, unprintable };
  } finally {
    file.destroy();
  }
}

function writeCover(paper: Paper, { title, addressedTo, group, count, parts, regions }: Cover): void {
  paper.newPage();
  paper.pdf.y = 170;
  paper.say(addressedTo, { size: 14, color: soft });
  paper.say(title, { size: 28, weight: 'bold', above: 12 });
  paper.say(count.number, { size: 56, weight: 'bold', above: 56 });
  paper.say(`${count.words} ${count.date}`, { size: 14, above: 4 });
  if (group) paper.say(group, { size: 12, color: soft, above: 40 });
  paper.newPage();
  for (const [name, number] of parts) paper.row(name, number, { size: 11 });
  const [heading, ...places] = regions;
  if (heading) paper.say(heading[0], { size: 18, weight: 'bold', above: 24, keep: 40 });
  paper.pdf.y += 8;
  for (const [name, number] of places) paper.row(name, number, { size: 11 });
}

/** Each list on pages of its own. Returns of how many entries some letters could not be shown. */
function writeLists(paper: Paper, { lists = [] }: Volume): number {
  let unprintable = 0;
  for (const { heading, names } of lists) {
    paper.newPage();
    paper.say(heading, { size: 18, weight: 'bold' });
    paper.pdf.y += 10;
    for (const named of names) {
      paper.fonts.isMissing = false;
      writeName(paper, named);
      if (paper.fonts.isMissing) unprintable += 1;
    }
  }
  return unprintable;
}

async function writeNames(paper: Paper, { names, namesNote, lang, number, title }: Volume): Promise<number> {
  paper.newPage();
  const volume = number > 1 ? `${translate(lang, 'pack.volume', { volume: number })}: ` : '';
  paper.say(`${volume}${translate(lang, 'pack.names')}`, { size: 18, weight: 'bold' });
  paper.say(namesNote ?? title, { size: 10, color: soft, above: 4 });
  paper.pdf.y += 10;
  let drawn = 0;
  let unprintable = 0;
  for await (const signer of names) {
    paper.fonts.isMissing = false;
    writeName(paper, signer);
    if (paper.fonts.isMissing) unprintable += 1;
    drawn += 1;
    if (drawn % atOnce === 0) await setImmediate();
  }
  if (unprintable > 0) {
    const count = { count: unprintable, n: formatNumber(lang, unprintable) };
    paper.say(translate(lang, 'pack.unprintable', count), { size: 10, color: soft, above: 20 });
  }
  return unprintable;
}

function writeName(paper: Paper, { name, place, reason }: Named): void {
  const keep = reason ? 14 : 0;
  paper.say([name, place].filter(Boolean).join(', '), {
    ...{ size: 10, weight: 'bold', above: 7, keep, fromLeft: true },
  });
  if (reason) paper.say(reason, { size: 10 });
}
