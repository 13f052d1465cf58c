import { pick, randomOf } from '../../bench/surge.ts';

/** How long people sign while the hand is at work, in milliseconds. */
export const horizon = 1_500;

export const partNames = ['web1', 'web2', 'workers1', 'workers2', 'database', 'redis'] as const;
export type PartName = (typeof partNames)[number];

export const mailManners = [
  'slow',
  'later',
  'later at the end',
  'hangs',
  'cut off',
  'takes it and is cut off',
  'answers and is cut off',
] as const;
export type MailManner = (typeof mailManners)[number];

export const captchaManners = ['slow', 'breaks', 'fails', 'nonsense'] as const;
export type CaptchaManner = (typeof captchaManners)[number];

/** What the hand does, from when to when, in milliseconds after the beginning. */
export type Fault = { at: number; lasts: number } & (
  | { what: 'kill' | 'pause' | 'stop'; part: PartName }
  | { what: 'mail'; manner: MailManner }
  | { what: 'captcha'; manner: CaptchaManner }
  | { what: 'disk full' | 'Redis emptied' | 'sweep' | 'days pass' }
);

type Draw = (random: () => number) => Fault extends infer Each ? Omit<Each, 'at' | 'lasts'> : never;

const stoppable = ['web1', 'web2', 'workers1', 'workers2'] as const;
const one = <Value extends string>(values: readonly Value[], random: () => number) =>
  pick(values, random) as Value;

/** In tenths or so: what is done how often. */
const draws: readonly [weight: number, draw: Draw][] = [
  [6, (random) => ({ what: 'kill', part: one(partNames, random) })],
  [4, (random) => ({ what: 'pause', part: one(partNames, random) })],
  [1, (random) => ({ what: 'stop', part: one(stoppable, random) })],
  [5, (random) => ({ what: 'mail', manner: one(mailManners, random) })],
  [2, (random) => ({ what: 'captcha', manner: one(captchaManners, random) })],
  [2, () => ({ what: 'disk full' })],
  [1, () => ({ what: 'Redis emptied' })],
  [3, () => ({ what: 'sweep' })],
  [1, () => ({ what: 'days pass' })],
];
const bag = draws.flatMap(([weight, draw]) => Array.from({ length: weight }, () => draw));

export type Schedule = { faults: Fault[]; redisIsLost: boolean };

/** Everything the hand will do, from the seed alone. */
export function scheduleOf(seed: number): Schedule {
  const random = randomOf(seed);
  const count = 3 + Math.floor(random() * 6);
  const faults = Array.from({ length: count }, (): Fault => {
    const draw = bag[Math.floor(random() * bag.length)] as Draw;
    const [at, lasts] = [Math.round(50 + random() * (horizon - 150)), Math.round(40 + random() ** 2 * 760)];
    return { at, lasts, ...draw(random) } as Fault;
  });
  return { faults: faults.sort((a, b) => a.at - b.at), redisIsLost: random() < 0.4 };
}

export function describeSchedule({ faults, redisIsLost }: Schedule): string {
  const lines = faults.map((fault) => {
    const whom = 'part' in fault ? fault.part : 'manner' in fault ? fault.manner : '';
    return `  ${String(fault.at).padStart(5)} ms  ${fault.what} ${whom} (${fault.lasts} ms)`.replace(
      '  (',
      ' (',
    );
  });
  return [...lines, `  in the end Redis is ${redisIsLost ? 'lost whole' : 'kept'}`].join('\n');
}
