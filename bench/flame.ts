import { type Profile, packageOf, placeOf } from './frames.ts';

/** A function with all the time that was spent in it and below, in microseconds, by where it was called from. */
type Frame = { name: string; owner: string; took: number; calls: Map<string, Frame> };

const width = 1_200;
const row = 17;
/** Narrower frames, in pixels, are left out: nobody could read them. */
const narrowest = 3;
const idle = new Set(['(idle)', '(program)', '(garbage collector)']);

/**
 * A flame graph of a profile as SVG: width is time, what stands on something was called by it, and a colour is a package.
 * Loading the program is left out. See https://www.brendangregg.com/flamegraphs.html.
 */
export function flameGraph(profile: Profile): string {
  const root = stacksOf(profile);
  const scale = width / Math.max(1, root.took);
  const ground = depthOf(root, scale) * row;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${ground + row}" font-family="monospace" font-size="11" role="img">`,
    '<title>Flame graph: width is time, above a function is what it called</title>',
    ...boxesOf(root, { x: 0, y: ground }, scale),
    '</svg>\n',
  ].join('\n');
}

function stacksOf({ nodes, samples, timeDeltas }: Profile): Frame {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const parents = new Map(nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id])));
  const root: Frame = { name: 'all', owner: '', took: 0, calls: new Map() };
  for (const [i, sample] of samples.entries()) {
    const stack = [];
    for (let id: number | undefined = sample; id !== undefined; id = parents.get(id)) {
      const node = byId.get(id);
      if (node && parents.has(id)) stack.unshift(node.callFrame);
    }
    const took = Math.max(0, timeDeltas[i] ?? 0);
    if (stack.length === 0 || idle.has(stack.at(-1)?.functionName ?? '')) continue;
    if (stack.some(({ url }) => url.startsWith('node:internal/modules/'))) continue;
    root.took += took;
    let at = root;
    for (const { functionName, url } of stack)
      at = called(at, functionName || '(anonymous)', placeOf(url), took);
  }
  return root;
}

function called(by: Frame, functionName: string, place: string, took: number): Frame {
  const name = `${functionName}  ${place}`;
  const frame = by.calls.get(name) ?? { name, owner: packageOf(place), took: 0, calls: new Map() };
  by.calls.set(name, frame);
  frame.took += took;
  return frame;
}

/** Those that are wide enough to be drawn, the widest first. */
const callsOf = ({ calls }: Frame, scale: number): Frame[] =>
  [...calls.values()].filter(({ took }) => took * scale >= narrowest).sort((a, b) => b.took - a.took);

const depthOf = (frame: Frame, scale: number): number =>
  Math.max(0, ...callsOf(frame, scale).map((call) => 1 + depthOf(call, scale)));

/** A frame, and above it what it called. */
function boxesOf(frame: Frame, { x, y }: { x: number; y: number }, scale: number): string[] {
  const wide = frame.took * scale;
  const label = escaped(frame.name.slice(0, Math.max(0, Math.floor(wide / 6.7) - 1)));
  const title = `${escaped(frame.name)}, ${(frame.took / 1_000).toFixed(0)} ms`;
  const rect = `<rect x="${x.toFixed(1)}" y="${y}" width="${wide.toFixed(1)}" height="${row - 1}" fill="${colourOf(frame.owner)}"/>`;
  const text = wide > 30 ? `<text x="${(x + 3).toFixed(1)}" y="${y + 12}">${label}</text>` : '';
  const boxes = [`<g><title>${title}</title>${rect}${text}</g>`];
  let from = x;
  for (const call of callsOf(frame, scale)) {
    boxes.push(...boxesOf(call, { x: from, y: y - row }, scale));
    from += call.took * scale;
  }
  return boxes;
}

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

/** Light enough for black letters. */
function colourOf(owner: string): string {
  let hash = 0;
  for (const letter of owner) hash = (hash * 31 + letter.charCodeAt(0)) % 360;
  return `hsl(${hash} 60% 75%)`;
}
