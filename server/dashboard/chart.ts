/** A chart of bars as the template draws it: paths in a box `width` wide and 100 high, and what stands around them. */
type Chart = {
  width: number;
  bars: string;
  /** The bar of a time that is not over. */
  partial: string;
  /** The scale: its top, its middle; the bottom is 0. */
  top: string;
  half: string;
  /** What is written below: at the left, the middle and the right. */
  ticks: [string, string, string];
  description: string;
};

type Bar = { label: string; number: number };
type Told = { numbers: Intl.NumberFormat; description: string; isPartial: boolean };

const barWidth = 10;
const gap = 2;
/** More bars than this are drawn as one outline. */
const mostApart = 120;

/** A round number that nothing goes beyond, and whose half is a whole one. */
export function topOfScale(highest: number): number {
  for (let power = 1; ; power *= 10) {
    const tops = [2, 3, 4, 5, 6, 8, 10].map((step) => step * power);
    const fits = tops.find((top) => top >= highest && top % 2 === 0);
    if (fits) return fits;
  }
}

const short = (value: number): string => String(Math.round(value * 10) / 10);

/** Where `isPartial`, the last bar is of a time that is not over. */
export function drawChart(bars: readonly Bar[], { numbers, description, isPartial }: Told): Chart {
  const top = topOfScale(Math.max(...bars.map(({ number }) => number), 1));
  const apart = bars.length <= mostApart;
  const height = ({ number }: Bar) => (Math.max(0, number) / top) * 100;
  const drawn = apart ? separate : together;
  const last = bars.at(-1);
  const full = isPartial ? bars.slice(0, -1) : bars;
  const middle = bars[Math.floor((bars.length - 1) / 2)];
  return {
    width: Math.max(1, bars.length) * barWidth,
    bars: drawn(full.map(height)),
    partial: isPartial && last ? separate([height(last)], bars.length - 1) : '',
    top: numbers.format(top),
    half: numbers.format(top / 2),
    ticks: [bars[0]?.label ?? '', bars.length > 2 ? (middle?.label ?? '') : '', last?.label ?? ''],
    description,
  };
}

const separate = (heights: readonly number[], from = 0): string =>
  heights
    .map((height, n) => {
      const x = (from + n) * barWidth + gap / 2;
      return height > 0 ? `M${x} 100V${short(100 - height)}h${barWidth - gap}V100z` : '';
    })
    .join('');

const together = (heights: readonly number[]): string =>
  `M0 100${heights.map((height) => `V${short(100 - height)}h${barWidth}`).join('')}V100z`;
