import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Types } from 'mongoose';
import { mailWork } from '../../config/limits.ts';
import { readFacts } from '../../server/dashboard/facts.ts';
import { liveView } from '../../server/dashboard/view.ts';
import { claimMailing, Mailing, mailingId, settleMailing } from '../../server/mailings/mailing.ts';
import { Petition } from '../../server/petitions/petition.ts';
import { Signature } from '../../server/signatures/signature.ts';
import { compareTally } from '../../server/tallies/compare.ts';
import { Tally } from '../../server/tallies/tally.ts';
import { makePetition, makeSignature } from '../support/factories.ts';
import { type SignedInVisitor, signInAs } from '../support/organizer.ts';
import { textOf } from '../support/page.ts';
import { type OpenPlatform, openPlatform } from '../support/platform.ts';
import { settle } from '../support/tally.ts';
import { visitor } from '../support/visitor.ts';
import { startWorld, type World } from '../support/world.ts';
import { isShown, rowsAt, textAt } from './page.ts';

let world: World;
let platform: OpenPlatform;
let viewer: SignedInVisitor;
before(async () => {
  world = await startWorld({ workers: false });
  platform = await openPlatform(world);
  viewer = await signInAs(world, 'viewer');
});
after(async () => {
  await platform.close();
  await world.close();
});

const pathOf = ({ _id }: Pick<Petition, '_id'>) => `/organize/petitions/${_id.toHexString()}`;
const ago = (days: number) => new Date(Date.now() - days * 86_400_000);

async function pageOf(petition: Petition): Promise<string> {
  const response = await viewer.get(pathOf(petition));
  assert.equal(response.status, 200);
  return response.text();
}

/** The dashboard as it would be at a moment. */
async function viewAt(petition: Petition, now: Date) {
  await settle(petition);
  return liveView(petition, await readFacts(petition, now));
}

const asked = (createdAt: Date, differences: Record<string, unknown> = {}) => ({
  ...{ createdAt, confirmedAt: createdAt, mail: { kind: 'confirm', n: 1 } },
  ...differences,
});
const pending = { state: 'pending', confirmedAt: undefined, recount: undefined };

async function makeMailing(
  petition: Petition,
  kind: string,
  state: Mailing['state'],
  reason?: string,
): Promise<void> {
  await Mailing.create({
    ...{ _id: `${kind}:${new Types.ObjectId()}:1`, petition: petition._id, kind, state, at: new Date() },
    ...(reason && { reason }),
  });
}

describe('who may look', () => {
  it('a viewer may, and so may whoever is more', async () => {
    const petition = await makePetition();
    for (const role of ['viewer', 'moderator', 'editor', 'owner'] as const) {
      const organizer = await signInAs(world, role);
      assert.equal((await organizer.get(pathOf(petition))).status, 200, role);
    }
  });

  it('nobody without an account may: they are sent to sign in', async () => {
    const petition = await makePetition();
    for (const path of [pathOf(petition), `${pathOf(petition)}/events`, '/organize/overview']) {
      const response = await visitor(world).get(path);
      assert.equal(response.status, 303, path);
      assert.match(response.headers.get('location') ?? '', /^\/organize\/sign-in/);
    }
  });

  it('a petition that is not there is not found', async () => {
    assert.equal((await viewer.get(pathOf({ _id: new Types.ObjectId() }))).status, 404);
    assert.equal((await viewer.get('/organize/petitions/nonsense')).status, 404);
  });
});

describe('the numbers of a petition', () => {
  it('are each what they say: every state, today, the ledger, the total and the goal', async () => {
    const petition = await makePetition({
      goal: { kind: 'fixed', number: 2_000 },
      ledger: [
        { at: ago(3), who: 'x', source: 'market', number: 1_000 },
        { at: ago(1), who: 'x', source: 'school', number: 234 },
      ],
    });
    for (let n = 0; n < 3; n += 1) await makeSignature(petition);
    for (let n = 0; n < 2; n += 1) await makeSignature(petition, { confirmedAt: ago(5) });
    for (let n = 0; n < 4; n += 1) await makeSignature(petition, pending);
    await makeSignature(petition, { state: 'held' });
    for (let n = 0; n < 2; n += 1) await makeSignature(petition, { state: 'withdrawn' });
    for (let n = 0; n < 3; n += 1) await makeSignature(petition, { state: 'invalidated' });
    await makeSignature(await makePetition());
    await settle(petition);

    const page = await pageOf(petition);
    const seen = (name: string) => textAt(page, name);
    assert.equal(seen('confirmed'), '5');
    assert.equal(seen('today'), '3');
    assert.equal(seen('pending'), '4');
    assert.equal(seen('held'), '1');
    assert.equal(seen('withdrawn'), '2');
    assert.equal(seen('invalidated'), '3');
    assert.equal(seen('offline'), '1,234');
    assert.equal(seen('total'), '1,239');
    assert.equal(seen('totalNote'), 'of 2,000');
    assert.match(page, /<progress class="bar" max="100" value="61" data-meter="progress"/);
    assert.match(textOf(page), /market .* 1,000 .*school .* 234|school .* 234 .*market .* 1,000/);
  });

  it('say that signatures wait to be counted, and which numbers do not have them yet', async () => {
    const petition = await makePetition();
    await settle(petition);
    assert.match(textAt(await pageOf(petition), 'waiting') ?? '', /^Every signature .* is counted/);
    await makeSignature(petition);
    await makeSignature(petition);
    const page = await pageOf(petition);
    assert.equal(textAt(page, 'waiting'), '2 signatures are about to be counted.');
    assert.equal(textAt(page, 'confirmed'), '0');
  });

  it('explain themselves, each of them, and say as of when', async () => {
    const page = await pageOf(await makePetition({ timeZone: 'America/Toronto' }));
    const figures = page.split(/<div class="figure[ "]/).slice(1);
    assert.equal(figures.length, 9);
    for (const figure of figures) {
      assert.match(figure, /<details class="what">.*What is this: .*<p>[^<]{60,}/s);
      assert.match(
        textOf(figure),
        /(The tally moved last: |Counted: \w{3}, \d+ \w+ \d{4} at \d\d:\d\d:\d\d GMT-[45])/,
      );
    }
    const headings = page.match(/<section class="panel/g)?.length ?? 0;
    assert.equal(
      page.match(/<details class="what">/g)?.length,
      figures.length + headings - 1,
      'all but the ledger',
    );
    assert.match(page, /<time data-as-of>\w{3}, \d+ \w+ \d{4} at \d\d:\d\d:\d\d GMT-[45]<\/time>/);
    assert.match(page, /<a href="\/organize\/petitions\/\w+" data-reload>Reload<\/a>/);
  });

  it('of nothing are said in words', async () => {
    const page = await pageOf(await makePetition());
    assert.equal(isShown(page, 'isEmpty'), true);
    assert.equal(isShown(page, 'hasConfirmed'), false);
    assert.equal(isShown(page, 'noMail'), true);
    assert.equal(isShown(page, 'noCorrections'), true);
    assert.equal(isShown(page, 'noUpdates'), true);
    assert.equal(textAt(page, 'rate'), '–');
    assert.match(textAt(page, 'forecast') ?? '', /Not enough days yet/);
    const draft = await pageOf(await makePetition({ publishedAt: undefined }));
    assert.equal(textAt(draft, 'forecast'), 'The petition is not open yet.');
  });

  it('escape whatever people typed', async () => {
    const petition = await makePetition({
      ledger: [{ at: ago(1), who: 'x', source: '<script>alert(1)</script>', number: 1 }],
    });
    await makeSignature(petition, { source: '"><img src=x>' });
    await settle(petition);
    const page = await pageOf(petition);
    assert.doesNotMatch(page, /<script>alert|<img src=x/);
  });
});

describe('the confirmation rate', () => {
  it('is of those who were asked more than a day and less than 30 days ago, whatever became of them', async () => {
    const petition = await makePetition();
    await makeSignature(petition, asked(ago(2)));
    await makeSignature(petition, asked(ago(20), { state: 'withdrawn' }));
    await makeSignature(petition, asked(ago(20), { state: 'held' }));
    await makeSignature(petition, asked(ago(3), pending));
    await makeSignature(petition, asked(ago(3), { state: 'withdrawn', confirmedAt: undefined }));
    // None of these is in it: too fresh, too old, on paper, of another petition.
    for (let n = 0; n < 3; n += 1) await makeSignature(petition, asked(ago(0.5), pending));
    for (let n = 0; n < 3; n += 1) await makeSignature(petition, asked(ago(31)));
    for (let n = 0; n < 3; n += 1) await makeSignature(petition, asked(ago(5), { mail: { n: 0 } }));
    await makeSignature(await makePetition(), asked(ago(5)));
    const { texts } = await viewAt(petition, new Date());
    assert.equal(texts.rate, '60%');
    assert.equal(texts.rateNote, '3 of 5 asked');
  });
});

describe('the charts', () => {
  it('have days that begin at midnight in the petition’s zone, through the change of the clocks', async () => {
    const petition = await makePetition({
      timeZone: 'America/Toronto',
      publishedAt: new Date('2026-10-30T12:00:00Z'),
    });
    // The clocks go back on 1 November: that day lasts from 04:00Z to 05:00Z on the next.
    for (const confirmedAt of [
      '2026-11-01T03:59:59Z',
      '2026-11-01T04:00:00Z',
      '2026-11-01T05:30:00Z',
      '2026-11-01T06:30:00Z',
      '2026-11-02T04:59:59Z',
      '2026-11-02T05:00:00Z',
    ])
      await makeSignature(petition, { confirmedAt: new Date(confirmedAt) });
    const { rows, texts } = await viewAt(petition, new Date('2026-11-02T05:10:00Z'));
    assert.deepEqual(
      rows.days.map(({ cells }) => cells),
      [
        ['Mon 2 Nov', '1'],
        ['Sun 1 Nov', '4'],
        ['Sat 31 Oct', '1'],
        ['Fri 30 Oct', '0'],
      ],
    );
    assert.equal(texts.today, '1', 'it is just past midnight there');
    const before = await viewAt(petition, new Date('2026-11-02T04:59:59Z'));
    assert.equal(before.texts.today, '4', 'a moment ago it was still yesterday');
  });

  it('have the last 48 hours, of which the present one is not over', async () => {
    const petition = await makePetition();
    const now = new Date();
    const minute = 60_000;
    const thisHour = new Date(Math.floor(now.getTime() / 3_600_000) * 3_600_000);
    for (const confirmedAt of [thisHour, thisHour, new Date(thisHour.getTime() - minute)])
      await makeSignature(petition, { confirmedAt });
    const first = new Date(thisHour.getTime() - 47 * 3_600_000);
    await makeSignature(petition, { confirmedAt: first });
    await makeSignature(petition, { confirmedAt: new Date(first.getTime() - minute) });
    const { rows, charts } = await viewAt(petition, now);
    const numbers = rows.hours.map(({ cells }) => cells[1]);
    assert.equal(numbers.length, 48);
    assert.deepEqual([numbers[0], numbers[1], numbers.at(-1)], ['2', '1', '1']);
    assert.equal(numbers.filter((number) => number === '0').length, 45);
    assert.match(charts.hours.description, /^4 altogether; the most were 2 \(/);
    assert.notEqual(charts.hours.partial, '');
  });

  it('go on only to the last day of a petition that has closed', async () => {
    const petition = await makePetition({
      publishedAt: new Date('2026-03-01T12:00:00Z'),
      closesAt: new Date('2026-03-04T12:00:00Z'),
    });
    await makeSignature(petition, { confirmedAt: new Date('2026-03-05T10:00:00Z') });
    const { rows, charts, texts } = await viewAt(petition, new Date('2026-11-21T12:00:00Z'));
    assert.deepEqual(
      rows.days.map(({ cells }) => cells[0]),
      ['Thu 5 Mar', 'Wed 4 Mar', 'Tue 3 Mar', 'Mon 2 Mar', 'Sun 1 Mar'],
    );
    assert.equal(charts.days.partial, '');
    assert.match(texts.forecast, /has closed/);
  });

  it('of years are drawn by day and told by month', async () => {
    const petition = await makePetition({ publishedAt: new Date('2024-01-10T12:00:00Z') });
    await makeSignature(petition, { confirmedAt: new Date('2024-01-15T12:00:00Z') });
    await makeSignature(petition, { confirmedAt: new Date('2024-01-20T12:00:00Z') });
    const { rows, charts } = await viewAt(petition, new Date('2026-01-10T12:00:00Z'));
    assert.equal(charts.days.width, 732 * 10);
    assert.deepEqual(rows.days.at(-1)?.cells, ['January 2024, up to 31 January 2024', '2']);
    assert.equal(rows.days.length, 120 + 21);
  });

  it('can be read without seeing them: a name, a description, a table', async () => {
    const petition = await makePetition();
    await makeSignature(petition);
    await settle(petition);
    const page = await pageOf(petition);
    for (const name of ['hours', 'days']) {
      assert.match(
        page,
        new RegExp(`<svg class="chart-box" role="img" aria-labelledby="${name}-title ${name}-description"`),
      );
      assert.match(page, new RegExp(`<title id="${name}-title">Confirmed signatures [^<]+</title>`));
      assert.match(page, new RegExp(`<desc id="${name}-description"[^>]*>1 altogether; the most were 1`));
      assert.equal(rowsAt(page, name)[0]?.[1], '1');
    }
  });
});

describe('where signers come from', () => {
  it('is told by place and by link, the most first, with shares', async () => {
    const petition = await makePetition();
    for (let n = 0; n < 5; n += 1) await makeSignature(petition, { region: 'ON' });
    for (let n = 0; n < 3; n += 1) await makeSignature(petition, { country: 'FR', source: 'newsletter' });
    await makeSignature(petition, { country: undefined, source: 'newsletter' });
    await makeSignature(petition, { country: 'GB', region: 'ZZ' });
    await settle(petition);
    const page = await pageOf(petition);
    assert.deepEqual(rowsAt(page, 'regions'), [
      ['Ontario, Canada', '5', '50%'],
      ['France', '3', '30%'],
      ['ZZ, United Kingdom', '1', '10%'],
      ['Not said', '1', '10%'],
    ]);
    assert.deepEqual(rowsAt(page, 'sources'), [
      ['No link of ours (direct)', '6', '60%'],
      ['newsletter', '4', '40%'],
    ]);
  });

  it('sums up what is many, and has all of it behind', async () => {
    const petition = await makePetition();
    for (let n = 0; n < 15; n += 1) await makeSignature(petition, { source: `link-${n}` });
    for (let n = 0; n < 2; n += 1) await makeSignature(petition, { source: 'link-3' });
    await settle(petition);
    const page = await pageOf(petition);
    const rows = rowsAt(page, 'sources');
    assert.equal(rows.length, 12);
    assert.deepEqual(rows[0], ['link-3', '3', '17.6%']);
    assert.deepEqual(rows.at(-1), ['4 others', '4', '23.5%']);
    assert.match(textOf(page), /All 15, when this page was loaded/);
  });
});

describe('the health of mail', () => {
  it('is by kind and by what became of it, with the reasons that mail servers gave', async () => {
    const petition = await makePetition();
    for (let n = 0; n < 6; n += 1) await makeMailing(petition, 'confirm', 'sent');
    for (let n = 0; n < 2; n += 1) await makeMailing(petition, 'confirm', 'failed', '550');
    await makeMailing(petition, 'confirm', 'failed', '554');
    await makeMailing(petition, 'confirm', 'suppressed');
    await makeMailing(petition, 'reminder', 'deferred', 'ETIMEDOUT');
    await makeMailing(petition, 'reminder', 'claimed');
    await makeMailing(await makePetition(), 'confirm', 'failed', '550');
    const page = await pageOf(petition);
    assert.equal(isShown(page, 'hasMail'), true);
    assert.deepEqual(rowsAt(page, 'mail'), [
      ['Confirmation', '6', '0', '3', '1', '0', '0', '60%'],
      ['Reminder', '0', '1', '0', '0', '1', '0', '0%'],
    ]);
    assert.deepEqual(rowsAt(page, 'reasons'), [
      ['550: there is no such mailbox, or it refuses us', 'failed', 'Confirmation', '2'],
      ['554: refused, often as spam', 'failed', 'Confirmation', '1'],
      ['ETIMEDOUT: our mail server did not answer in time', 'deferred', 'Reminder', '1'],
    ]);
  });

  it('says that a mail is under way as long as a worker can be at it, and unclear from then on', async () => {
    const petition = await makePetition();
    const at = (signature: Types.ObjectId) => mailingId('confirm', signature, 1);
    const [dead, alive, again] = [new Types.ObjectId(), new Types.ObjectId(), new Types.ObjectId()];
    const now = Date.now();
    const died = new Date(now - mailWork.lease * 1_000 - 1_000);
    assert.equal(await claimMailing(at(dead), petition._id, died), 'claimed');
    assert.equal(await claimMailing(at(again), petition._id, died), 'claimed');
    assert.equal(await claimMailing(at(alive), petition._id, new Date(now)), 'claimed');
    const mail = async () => rowsAt(await pageOf(petition), 'mail');
    assert.deepEqual(await mail(), [['Confirmation', '0', '0', '0', '0', '1', '2', '0%']]);
    // What is still due is tried again, as before.
    assert.equal(await claimMailing(at(again), petition._id, new Date(now)), 'claimed');
    assert.deepEqual(await mail(), [['Confirmation', '0', '0', '0', '0', '2', '1', '0%']]);
    await settleMailing(at(again), 'sent', undefined, new Date(now));
    assert.deepEqual(await mail(), [['Confirmation', '1', '0', '0', '0', '1', '1', '33.3%']]);
  });
});

describe('corrections', () => {
  it('of the tally are told with what was and what is', async () => {
    const petition = await makePetition({ timeZone: 'Europe/Paris' });
    for (let n = 0; n < 3; n += 1) await makeSignature(petition);
    await settle(petition);
    await Tally.updateOne({ _id: petition._id }, { $inc: { confirmed: 4 } });
    await compareTally(petition, platform.log, new Date('2026-07-01T22:30:00Z'));
    const page = await pageOf((await Petition.findById(petition._id).lean<Petition>()) as Petition);
    assert.deepEqual(rowsAt(page, 'corrections'), [['Thu, 2 July 2026 at 00:30:00 CEST', '7', '3']]);
    assert.equal(isShown(page, 'noCorrections'), false);
    assert.equal(textAt(page, 'confirmed'), '3');
  });
});

describe('the forecast on the page', () => {
  it('is made from the whole days since the opening, by the clock of the petition', async () => {
    const petition = await makePetition({
      goal: { kind: 'fixed', number: 100 },
      publishedAt: new Date('2026-11-16T18:00:00Z'),
      closesAt: new Date('2026-12-20T23:00:00Z'),
      timeZone: 'America/Toronto',
    });
    const confirmedOn = (day: string) => new Date(`${day}T15:00:00Z`);
    // The day of the opening and today are not whole: their many must not be taken for a pace.
    for (const day of ['2026-11-16', '2026-11-21'])
      for (let n = 0; n < 9; n += 1) await makeSignature(petition, { confirmedAt: confirmedOn(day) });
    for (const [day, number] of [
      ['2026-11-17', 1],
      ['2026-11-18', 3],
      ['2026-11-19', 2],
      ['2026-11-20', 2],
    ] as const)
      for (let n = 0; n < number; n += 1) await makeSignature(petition, { confirmedAt: confirmedOn(day) });
    const { texts } = await viewAt(petition, new Date('2026-11-21T17:00:00Z'));
    assert.equal(texts.total, '26');
    assert.match(texts.forecast, /^The goal of 100 is out of reach at this pace: not before it closes\./);
    assert.match(texts.forecast, /When it closes on 20 December 2026 it would stand at about 84/);
    assert.match(texts.forecast, /the mean of the last 4 full days, 2 a day;/);
    const three = await viewAt(petition, new Date('2026-11-19T17:00:00Z'));
    assert.match(three.texts.forecast, /needs 3 full days since the opening, and there are 2\./);
  });
});

describe('reading a dashboard', () => {
  it('changes nothing', async () => {
    const petition = await makePetition();
    await makeSignature(petition);
    const before = await Signature.find({ petition: petition._id }).lean();
    await pageOf(petition);
    assert.deepEqual(await Signature.find({ petition: petition._id }).lean(), before);
    assert.equal(await Tally.countDocuments({ _id: petition._id }), 0);
  });
});
