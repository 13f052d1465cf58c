import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { drawChart, topOfScale } from '../../server/dashboard/chart.ts';

const numbers = new Intl.NumberFormat('en-CA');
const draw = (values: number[], isPartial = false) =>
  drawChart(
    values.map((number, n) => ({ label: `bar ${n}`, number })),
    { numbers, description: 'What it shows', isPartial },
  );

describe('a chart', () => {
  it('has a scale whose top is round, not below any bar, and whose middle is whole', () => {
    const tops = [0, 1, 2, 3, 5, 9, 11, 21, 45, 99, 101, 1_234, 999_999].map(topOfScale);
    assert.deepEqual(tops, [2, 2, 2, 4, 6, 10, 20, 30, 50, 100, 200, 2_000, 1_000_000]);
    const { top, half } = draw([1_234]);
    assert.deepEqual([top, half], ['2,000', '1,000']);
  });

  it('draws a bar for each number, as high as it is', () => {
    const { bars, width } = draw([2, 0, 1]);
    assert.equal(width, 30);
    assert.equal(bars, 'M1 100V0h8V100zM21 100V50h8V100z');
  });

  it('draws the bar that is not over apart', () => {
    const { bars, partial } = draw([2, 1], true);
    assert.equal(bars, 'M1 100V0h8V100z');
    assert.equal(partial, 'M11 100V50h8V100z');
  });

  it('draws many bars as one outline', () => {
    const { bars, width } = draw(Array.from({ length: 200 }, () => 2));
    assert.equal(width, 2_000);
    assert.equal(bars.match(/M/g)?.length, 1);
    assert.equal(bars.match(/h10/g)?.length, 200);
  });

  it('says where it begins, where its middle is and where it ends', () => {
    assert.deepEqual(draw([1, 1, 1]).ticks, ['bar 0', 'bar 1', 'bar 2']);
    assert.deepEqual(draw([1, 1]).ticks, ['bar 0', '', 'bar 1']);
  });

  it('of nothing is empty, not broken', () => {
    assert.equal(draw([]).bars, '');
    assert.equal(draw([0, 0], true).partial, '');
    assert.equal(draw([0]).top, '2');
  });
});
