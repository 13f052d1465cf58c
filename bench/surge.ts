/** Shares that real petitions show, in round numbers: who signs, from where, brought by what, and when. */

/** Numbers between 0 and 1 that are the same for the same seed (mulberry32, public domain). */
export function randomOf(seed: number): () => number {
  let state = (seed * 0x9e3779b1) >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

type Weighted = readonly (readonly [value: string, weight: number])[];

/** Laid out by weight once, so that picking is one look-up. */
const spread = (weighted: Weighted): string[] =>
  weighted.flatMap(([value, weight]) => Array.from({ length: weight }, () => value));

export const pick = (values: readonly string[], random: () => number): string =>
  values[Math.floor(random() * values.length)] ?? '';

/** The last are countries whose parts are not told apart. In thousandths. */
export const places = spread([
  ...([
    ['CA-ON', 372],
    ['CA-QC', 218],
    ['CA-BC', 131],
    ['CA-AB', 104],
    ['CA-MB', 34],
    ['CA-SK', 27],
  ] as const),
  ...([
    ['CA-NS', 26],
    ['CA-NB', 20],
    ['CA-NL', 13],
    ['CA-PE', 5],
    ['CA-YT', 2],
    ['CA-NT', 2],
    ['CA-NU', 1],
  ] as const),
  ...([
    ['CA', 12],
    ['US-NY', 5],
    ['US-CA', 5],
    ['US-WA', 3],
    ['GB-ENG', 8],
    ['FR', 7],
    ['DE', 3],
    ['AU', 2],
  ] as const),
]);

/** The `ref` of the link that brought them; empty without one. In hundredths. */
export const sources = spread([
  ...([
    ['', 38],
    ['share', 21],
    ['facebook', 13],
    ['whatsapp', 9],
    ['email', 8],
    ['newsletter', 4],
  ] as const),
  ...([
    ['qr', 3],
    ['partner', 4],
  ] as const),
]);

export const domains = spread([
  ...([
    ['mail.example', 46],
    ['post.example', 17],
    ['home.example', 12],
    ['box.example', 9],
  ] as const),
  ...([
    ['school.example', 5],
    ['work.example', 5],
    ['town.example', 3],
    ['club.example', 3],
  ] as const),
]);

export const firstNames = (
  'Robin Ada Noor Luc Mei Ivo Sol Wren Tariq Elise Jo Bea Chloe Mateo Amina Pierre Anne Kofi Yuki Nadia Owen Grace ' +
  'Liam Zoe Hugo Ines Femi Tara Omar Lena Marc Sara David Ruth Paul Lucie Simon Maya Adam Julie'
).split(' ');
export const lastNames = (
  'Example Okafor Tremblay Singh Larsen Roy Marsh Cohen Ito Bouchard Vega Smith Brown Martin Gagnon Côté Wilson ' +
  'Nguyen Patel Khan Chen Li Fortin Gauthier Morin Lavoie Campbell Taylor Anderson MacDonald Lee Fraser Reid Ross'
).split(' ');
export const comments = [
  'My children go there every week. It should stay open.',
  'I have lived here for thirty years and never missed a winter walk.',
  'Please listen to the people who use it.',
  'C’est le cœur du quartier : gardons-le.',
  'It costs so little and means so much to so many, most of all to those who have nowhere else to go on a Saturday.',
  'Signed for my mother, who cannot come any more but asks about it every day.',
];

const days = 28;
const hours = days * 24;

/** The share that signed by the end of each hour: a few quiet days, a rise within hours, a long tail; nights are quiet. */
const shares = new Float64Array(hours + 1);
for (let hour = 0; hour < hours; hour += 1) {
  const day = hour / 24;
  const surge = day < 3 ? 0.01 : (1 - Math.exp(-(day - 3) * 6)) * Math.exp(-(day - 3) / 5) + 0.015;
  const wakefulness = 0.08 + Math.max(0, Math.sin((((hour % 24) - 7) / 17) * Math.PI));
  shares[hour + 1] = (shares[hour] ?? 0) + surge * wakefulness;
}

/** When the person signed before whom this share of all had signed. */
export function momentIn(share: number, end: Date): Date {
  const wanted = share * (shares[hours] ?? 1);
  let [low, high] = [0, hours - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((shares[middle + 1] ?? 0) > wanted) high = middle;
    else low = middle + 1;
  }
  const [from = 0, to = 1] = [shares[low], shares[low + 1]];
  const hour = low + (wanted - from) / (to - from);
  return new Date(end.getTime() - (hours - hour) * 3_600_000);
}
