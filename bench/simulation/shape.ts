/**
 * The busiest day of the largest petition on record, UK Parliament 241584, Thursday 21 March 2019 (UTC = London), as
 * far as it was reported. Totals at a time:
 * - 09:00: about 600,000, growing by 1,500 a minute when the site fell over
 *   (https://www.theguardian.com/politics/2019/mar/21/petitions-site-crashes-after-thousands-back-call-to-revoke-article-50)
 * - "nearly 2,000 signatures are being completed every minute" over lunch, 80,000 to 100,000 viewers at once
 *   (https://www.royston-crow.co.uk/news/revoke-article-50-brexit-petition-south-cambs-north-east-herts-1-5953225)
 * - 15:00: a million; 22:30: nearing two million
 *   (https://www.newsgroove.co.uk/may-rejects-petition-to-revoke-article-50-despite-1-9m-signatures/)
 * - just before midnight: 2.1 million
 *   (https://www.cnbc.com/2019/03/21/petition-to-revoke-brexit-and-remain-in-eu-gets-nearly-a-million-signatures.html)
 *
 * ASSUMED, for nothing finer was found: the rate at 00:00 and through the night (400 a minute), and how rates run
 * between these points. What is drawn below gives 600,000 to 1,000,000 from 9 to 15 h, and 900,000 until 22:30.
 * The record is of a site that fell over: how many could not sign is unknown. `spikes` put some of it back.
 */
const perMinute: readonly (readonly [hour: number, rate: number])[] = [
  [0, 900],
  [1, 500],
  [2, 400],
  [5, 400],
  [6, 600],
  [7, 900],
  [8, 1_300],
  [9, 1_500],
  [9.5, 500],
  [11.5, 700],
  [12.5, 1_900],
  [13.5, 1_300],
  [15, 1_300],
  [17, 2_000],
  [19, 2_350],
  [21, 2_350],
  [22.5, 1_900],
  [24, 1_300],
];

/**
 * ASSUMED: on television, and whoever the site had turned away comes at once. Height is against the record at that
 * moment; up within `rise` minutes, then half as much every `half` minutes.
 */
const spikes = [
  { hour: 9, height: 3, rise: 2, half: 10 },
  { hour: 12.5, height: 2, rise: 2, half: 10 },
  { hour: 20, height: 2, rise: 1, half: 8 },
] as const;

/** What was counted, in signatures a second, so many hours into the day. */
export function recorded(hour: number): number {
  const next = perMinute.findIndex(([at]) => at > hour);
  const [from, to] = [perMinute[next - 1], perMinute[next]];
  if (!from || !to) return 0;
  return (from[1] + ((to[1] - from[1]) * (hour - from[0])) / (to[0] - from[0])) / 60;
}

/** What would have come: the record and the spikes. */
export function wanted(hour: number): number {
  const more = spikes.reduce((sum, { hour: at, height, rise, half }) => {
    const minutes = (hour - at) * 60;
    if (minutes < 0) return sum;
    return sum + (height - 1) * (minutes < rise ? minutes / rise : 0.5 ** ((minutes - rise) / half));
  }, 1);
  return recorded(hour) * more;
}

/** Of a shape, from hour to hour: how many in all, and the most a second. */
export function describe(
  shape: (hour: number) => number,
  from = 0,
  to = 24,
): { total: number; peak: number } {
  let [total, peak] = [0, 0];
  for (let second = from * 3_600; second < to * 3_600; second += 10) {
    const rate = shape(second / 3_600);
    total += rate * 10;
    peak = Math.max(peak, rate);
  }
  return { total, peak };
}
