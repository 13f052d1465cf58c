import assert from 'node:assert/strict';
import { it } from 'node:test';
import { flameGraph } from '../../bench/flame.ts';

const frame = (functionName: string) => ({ functionName, url: '', lineNumber: 0 });

it('A flame graph is as wide as the time in each function and below, and leaves idling and loading out', () => {
  const svg = flameGraph({
    nodes: [
      { id: 1, children: [2, 4, 5], callFrame: frame('(root)') },
      { id: 2, children: [3], callFrame: frame('sign') },
      { id: 3, callFrame: frame('seal<T>') },
      { id: 4, callFrame: frame('(idle)') },
      { id: 5, callFrame: { ...frame('link'), url: 'node:internal/modules/esm/module_job' } },
    ],
    samples: [2, 3, 3, 4, 5],
    timeDeltas: [1_000, 1_000, 2_000, 50_000, 50_000],
  });
  const widthOf = (name: string) =>
    Number(
      new RegExp(`<title>${name}  native, [0-9]+ ms</title><rect [^>]*width="([0-9.]+)"`).exec(svg)?.[1],
    );
  assert.equal(widthOf('sign'), 1_200);
  assert.equal(widthOf('seal&lt;T&gt;'), 900);
  assert.doesNotMatch(svg, /idle|link/);
});
