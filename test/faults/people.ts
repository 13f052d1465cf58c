import { setTimeout as sleep } from 'node:timers/promises';
import { pick, randomOf } from '../../bench/surge.ts';
import type { Petition } from '../../server/petitions/petition.ts';
import type { Act, Outcome, Person, Verb } from './ledger.ts';
import { goneDomain } from './post.ts';
import { horizon } from './schedule.ts';
import type { System } from './system.ts';

/** How many sign in one run. */
const howMany = 200;
/** How many ask at once, so that a busy machine has fewer who sign and not only such as give up. */
const atOnce = 16;
/** How long a person waits for an answer, in milliseconds. */
const patience = 2_000;

/** `owing` are the web processes that may still do what they did not answer. */
type World = Pick<System, 'urls' | 'post' | 'platform'> & { owing: Set<string> };
type Doing = {
  world: World;
  person: Person;
  random: () => number;
  ip: string;
  end: AbortSignal;
  inTurn: <Value>(isFirst: boolean, work: () => Promise<Value>) => Promise<Value>;
};

/** People who come one after another, sign, open their mail, confirm, and change their minds. Returns what they did. */
export async function letPeopleSign(
  world: World,
  petitions: readonly Petition[],
  seed: number,
  end: AbortSignal,
): Promise<Person[]> {
  const inTurn = turns(atOnce);
  const people = Array.from({ length: howMany }, (_, n): Doing => {
    const random = randomOf(seed * 1_000 + n);
    const domain = random() < 0.02 ? goneDomain : 'mail.example';
    const petition = petitions[Math.floor(random() ** 2 * petitions.length)] as Petition;
    const person = { email: `s${seed}-p${n}@${domain}`, petition, acts: [] };
    return { world, person, random, end, inTurn, ip: `10.${seed % 256}.${n >> 8}.${n & 255}` };
  });
  await Promise.all(
    people.map(async (doing, n) => {
      await sleep((n / howMany) * horizon);
      await takePart(doing);
    }),
  );
  return people.map(({ person }) => person);
}

async function takePart(doing: Doing): Promise<void> {
  const { world, person, random, end } = doing;
  const does = (share: number) => random() < share && !end.aborted;
  const sign = () => insist(doing, 'sign', `/petitions/${person.petition.slug}/signatures`);
  await sign();
  if (does(0.1)) await sign();
  const mail = await world.post.mailTo(person.email, end);
  const { confirm, signatures } = mail?.links ?? {};
  if (!confirm || !signatures) return;
  person.id = String(world.platform.tokens.read('manage', signatures.split('/').at(-1) ?? ''));
  if (does(0.9)) {
    const press = () => insist(doing, 'confirm', confirm);
    await (random() < 0.1 ? Promise.all([press(), press()]) : press());
  }
  if (does(0.1)) await sign();
  if (does(0.15)) {
    await insist(doing, 'withdraw', `${signatures}/withdrawal`);
    if (does(0.4)) await sign();
  }
  // Who asks to be forgotten while something is unanswered could be two people to us.
  const isSure = person.acts.every(({ outcome }) => outcome !== 'unknown');
  if (isSure && does(0.06)) await insist(doing, 'erase', `${signatures}/erasure`);
}

/** Tries until it is answered, or until they have had enough. */
async function insist(doing: Doing, verb: Verb, path: string): Promise<void> {
  for (let tries = 0; tries < 4 && !doing.end.aborted; tries += 1) {
    const outcome = await doing.inTurn(doing.person.acts.length === 0, () => attempt(doing, verb, path));
    if (outcome === 'done' || doing.random() < 0.2) return;
    await sleep(50 + doing.random() * 200);
  }
}

async function attempt(
  { world, person, random, ip, end }: Doing,
  verb: Verb,
  path: string,
): Promise<Outcome> {
  if (end.aborted) return 'refused';
  const begun = Date.now();
  const url = pick(world.urls, random);
  const answer: Pick<Act, 'outcome' | 'status'> = await fetch(url + path, {
    method: 'POST',
    redirect: 'manual',
    headers: { 'x-forwarded-for': ip, accept: 'text/html' },
    body: verb === 'sign' ? new URLSearchParams(formOf(person, random)) : new URLSearchParams(),
    signal: AbortSignal.timeout(patience),
  }).then((response) => judge(response, verb), outcomeOfNoAnswer);
  if (answer.outcome === 'unknown') world.owing.add(url);
  person.acts.push({ verb, begun, ended: Date.now(), ...answer });
  return answer.outcome;
}

const wanted: Record<Verb, number> = { sign: 303, confirm: 303, withdraw: 303, erase: 200 };

async function judge(response: Response, verb: Verb): Promise<Pick<Act, 'outcome' | 'status'>> {
  const { status } = response;
  await response.arrayBuffer().catch(() => undefined);
  if (status === wanted[verb]) return { outcome: 'done', status };
  return { outcome: status < 500 ? 'refused' : 'unknown', status };
}

/** Where nobody listened nothing was asked. */
const outcomeOfNoAnswer = (error: Error & { cause?: { code?: string } }): Pick<Act, 'outcome'> => ({
  outcome: error.cause?.code === 'ECONNREFUSED' ? 'refused' : 'unknown',
});

const formOf = ({ email }: Person, random: () => number): Record<string, string> => ({
  ...{ name: 'Robin Example', email, 'h-captcha-response': 'P1_token' },
  ...{ country: pick(['CA', 'CA', 'GB', 'FR'], random), region: pick(['ON', 'QC', ''], random) },
  ref: pick(['', 'share', 'facebook', 'constructor'], random),
});

/** Lets so many work at once; who has begun goes before who has not. */
function turns(free: number): Doing['inTurn'] {
  const waiting: (() => void)[] = [];
  return async (isFirst, work) => {
    if (free > 0) free -= 1;
    else await new Promise<void>((resolve) => (isFirst ? waiting.push(resolve) : waiting.unshift(resolve)));
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else free += 1;
    }
  };
}
