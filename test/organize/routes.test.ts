import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Types } from 'mongoose';
import { AuditEntry } from '../../server/audit/entry.ts';
import type { OrganizeRoute } from '../../server/middleware/guard.ts';
import { sessionCookie } from '../../server/middleware/session-cookie.ts';
import { organizeTable } from '../../server/organize/routes.ts';
import { Organizer } from '../../server/organizers/organizer.ts';
import { type Role, roles } from '../../server/organizers/roles.ts';
import { beginSession } from '../../server/sessions/session.ts';
import { makePetition } from '../support/factories.ts';
import { makeOrganizer } from '../support/organizer.ts';
import { textOf } from '../support/page.ts';
import { type OpenPlatform, openPlatform } from '../support/platform.ts';
import { visitor } from '../support/visitor.ts';
import { startWorld, type World } from '../support/world.ts';

/**
 * Who may do what, written down a second time and in other terms than the code: the role that each route takes.
 * `anybody`: no account; `account`: any organizer. A new route fails here until somebody has thought about it.
 */
const rules: Record<'anybody' | 'account' | Role, string[]> = {
  anybody: [
    'GET /organize/sign-in',
    'POST /organize/sign-in',
    'GET /organize/sign-in/sent',
    'POST /organize/sign-in/passkey/options',
    'POST /organize/sign-in/passkey',
    'GET /organize/enter/:token',
    'POST /organize/enter/:token',
  ],
  account: [
    'GET /organize',
    'GET /organize/account',
    'POST /organize/account',
    'POST /organize/sign-out',
    'POST /organize/account/sessions/:session/end',
    'POST /organize/account/other-sessions/end',
    'POST /organize/account/passkeys/options',
    'POST /organize/account/passkeys',
    'POST /organize/account/passkeys/:passkey/name',
    'POST /organize/account/passkeys/:passkey/removal',
    // What a task takes is stored with it; test/organize/tasks.test.ts tries that.
    'GET /organize/tasks/:task',
    'GET /organize/tasks/:task/progress.json',
    'POST /organize/tasks/:task/pause',
    'POST /organize/tasks/:task/resume',
    'POST /organize/tasks/:task/cancel',
  ],
  viewer: [
    'GET /organize/newsletter',
    'GET /organize/newsletter/issues/:issue',
    'GET /organize/newsletter/issues/:issue/mail',
    'GET /organize/overview',
    'GET /organize/campaigns',
    'GET /organize/campaigns/:campaign',
    'GET /organize/campaigns/:campaign/preview',
    'GET /organize/overview/events',
    'POST /organize/overview/people',
    'GET /organize/petitions/:petition',
    'GET /organize/petitions/:petition/events',
    'GET /organize/petitions/:petition/publication',
    'GET /organize/petitions/:petition/ledger',
    'GET /organize/petitions/:petition/letter',
    'GET /organize/petitions/:petition/official',
  ],
  moderator: [
    'GET /organize/newsletter/comments',
    'POST /organize/newsletter/comments/:comment/claim',
    'POST /organize/newsletter/comments/:comment/release',
    'POST /organize/newsletter/comments/:comment/decision',
    'POST /organize/newsletter/comments/:comment/undo',
    'GET /organize/petitions/:petition/moderation',
    'POST /organize/petitions/:petition/moderation/:signature/claim',
    'POST /organize/petitions/:petition/moderation/:signature/release',
    'POST /organize/petitions/:petition/moderation/:signature/decision',
    'POST /organize/petitions/:petition/moderation/:signature/undo',
    'GET /organize/petitions/:petition/signatories',
    'POST /organize/petitions/:petition/signatories/:signature/claim',
    'POST /organize/petitions/:petition/signatories/:signature/release',
    'POST /organize/petitions/:petition/signatories/:signature/decision',
    'POST /organize/petitions/:petition/signatories/:signature/undo',
    'GET /organize/petitions/:petition/signatures',
    'POST /organize/petitions/:petition/signatures/search',
    'GET /organize/petitions/:petition/signatures/changes/:task',
    'GET /organize/petitions/:petition/signatures/:signature',
  ],
  editor: [
    'GET /organize/newsletter/issues/new',
    'POST /organize/newsletter/issues',
    'GET /organize/newsletter/issues/:issue/edit',
    'POST /organize/newsletter/issues/:issue',
    'POST /organize/newsletter/issues/:issue/publish',
    'POST /organize/newsletter/issues/:issue/hide',
    'POST /organize/newsletter/issues/:issue/discard',
    'POST /organize/newsletter/issues/:issue/test',
    'POST /organize/newsletter/issues/:issue/comments',
    'POST /organize/newsletter/issues/:issue/send',
    'GET /organize/newsletter/people',
    'POST /organize/newsletter/people/preview',
    'POST /organize/newsletter/people/invitations',
    'POST /organize/newsletter/people/export',
    'GET /organize/representatives',
    'POST /organize/representatives',
    'GET /organize/representatives/:table',
    'POST /organize/representatives/:table/use',
    'POST /organize/representatives/:table/undo',
    'GET /organize/petitions/:petition/representatives',
    'POST /organize/petitions/:petition/representatives',
    'GET /organize/campaigns/new',
    'POST /organize/campaigns',
    'GET /organize/campaigns/:campaign/edit',
    'POST /organize/campaigns/:campaign/edit',
    'POST /organize/campaigns/:campaign/publication',
    'POST /organize/campaigns/:campaign/publication/cancellation',
    'GET /organize/petitions/new',
    'POST /organize/petitions',
    'POST /organize/petitions/preview',
    'POST /organize/pictures',
    'GET /organize/petitions/:petition/edit',
    'POST /organize/petitions/:petition/edit',
    'POST /organize/petitions/:petition/preview',
    'POST /organize/petitions/:petition/copies',
    'POST /organize/petitions/:petition/publication',
    'POST /organize/petitions/:petition/publication/cancellation',
    'POST /organize/petitions/:petition/closing',
    'POST /organize/petitions/:petition/reopening',
    'POST /organize/petitions/:petition/outcomes',
    'POST /organize/petitions/:petition/outcomes/undoing',
    'POST /organize/petitions/:petition/moderation/setting',
    'GET /organize/petitions/:petition/updates',
    'GET /organize/petitions/:petition/updates/new',
    'POST /organize/petitions/:petition/updates',
    'GET /organize/petitions/:petition/updates/:n',
    'GET /organize/petitions/:petition/updates/:n/edit',
    'POST /organize/petitions/:petition/updates/:n',
    'GET /organize/petitions/:petition/updates/:n/mail',
    'POST /organize/petitions/:petition/updates/:n/publish',
    'POST /organize/petitions/:petition/updates/:n/hide',
    'POST /organize/petitions/:petition/updates/:n/discard',
    'POST /organize/petitions/:petition/updates/:n/test',
    'POST /organize/petitions/:petition/updates/:n/send',
    'POST /organize/petitions/:petition/signatories/order',
    'POST /organize/petitions/:petition/signatories/:signature/pin',
    'POST /organize/petitions/:petition/signatories/:signature/unpin',
    'POST /organize/petitions/:petition/official',
    'POST /organize/petitions/:petition/official/reading',
    'POST /organize/petitions/:petition/official/counts',
    'POST /organize/petitions/:petition/official/counts/:count/correction',
    'POST /organize/petitions/:petition/official/stages',
    'POST /organize/petitions/:petition/official/stages/undoing',
    'POST /organize/petitions/:petition/ledger',
    'POST /organize/petitions/:petition/letter',
    'POST /organize/petitions/:petition/letter/targets',
    'POST /organize/petitions/:petition/letter/targets/preview',
    'POST /organize/petitions/:petition/letter/targets/import',
    'GET /organize/petitions/:petition/letter/targets/:target',
    'POST /organize/petitions/:petition/letter/targets/:target',
    'POST /organize/petitions/:petition/letter/targets/:target/pause',
    'POST /organize/petitions/:petition/letter/targets/:target/bounce',
    'POST /organize/petitions/:petition/letter/targets/:target/resumption',
    'POST /organize/petitions/:petition/letter/targets/:target/again',
    'POST /organize/petitions/:petition/letter/targets/:target/removal',
    'POST /organize/petitions/:petition/ledger/:entry/correction',
    'GET /organize/petitions/:petition/signatures/change',
    'POST /organize/petitions/:petition/signatures/change',
    'POST /organize/petitions/:petition/signatures/changes/:task/undo',
    'GET /organize/petitions/:petition/imports',
    'POST /organize/petitions/:petition/imports',
    'GET /organize/petitions/:petition/imports/:import',
    'POST /organize/petitions/:petition/imports/:import',
    'GET /organize/petitions/:petition/imports/:import/report.csv',
    'POST /organize/petitions/:petition/imports/:import/undo',
    'GET /organize/petitions/:petition/exports',
    'POST /organize/petitions/:petition/exports',
    'GET /organize/petitions/:petition/exports/:export',
    'GET /organize/petitions/:petition/exports/:export/files/:part',
  ],
  owner: [
    'GET /organize/people',
    'POST /organize/people',
    'POST /organize/people/:person/role',
    'POST /organize/people/:person/end',
    'POST /organize/people/:person/return',
    'POST /organize/people/:person/invitation',
    'GET /organize/petitions/:petition/team',
    'POST /organize/petitions/:petition/team',
    'POST /organize/petitions/:petition/team/:person/removal',
    'GET /organize/audit',
    'GET /organize/audit/check',
  ],
};
type Rule = keyof typeof rules;

const ruleOf = new Map(
  Object.entries(rules).flatMap(([rule, names]) => names.map((name) => [name, rule as Rule] as const)),
);
const nameOf = ({ method, path }: OrganizeRoute) => `${method.toUpperCase()} ${path}`;

let world: World;
let platform: OpenPlatform;
let table: OrganizeRoute[];

before(async () => {
  world = await startWorld({ workers: false });
  platform = await openPlatform(world);
  table = organizeTable(platform);
});
after(async () => {
  await platform?.close();
  await world?.close();
});

type Outcome = 'in' | 'to the sign-in page' | `refused for want of ${Role}`;

/** How the server takes one request to a route: nothing in it is right but where it comes from. */
async function tryRoute(route: OrganizeRoute, petition: Types.ObjectId, cookie?: string): Promise<Outcome> {
  const path = route.path
    .replace(':petition', petition.toHexString())
    .replaceAll(/:\w+/g, () => new Types.ObjectId().toHexString());
  const browser = visitor(world, { Origin: world.env.BASE_URL, ...(cookie && { cookie }) });
  const leave = new AbortController();
  const response = await browser.request(path, { method: route.method.toUpperCase(), signal: leave.signal });
  const { status, headers } = response;
  assert.ok(status < 500, `${nameOf(route)} answered ${status}`);
  try {
    if (status === 401) return 'to the sign-in page';
    const isSentToSignIn = status === 303 && /^\/organize\/sign-in(\?|$)/.test(headers.get('location') ?? '');
    // Signing out leads there too, but only whoever was signed in has a cookie to lose.
    if (isSentToSignIn && !headers.get('set-cookie')) return 'to the sign-in page';
    if (status !== 403 || headers.get('content-type')?.startsWith('text/event-stream')) return 'in';
    const said = textOf(await response.text());
    const role = roles.find((name) => new RegExp(`takes the role of ${name}\\b`).test(said));
    // A passkey that is not one is refused too, without a role that would help.
    return role ? `refused for want of ${role}` : 'in';
  } finally {
    leave.abort();
  }
}

async function cookieFor(organizer: Types.ObjectId): Promise<string> {
  return `${sessionCookie}=${await beginSession(platform.redis, organizer, '')}`;
}

const isEnough = (role: Role, rule: Role) => roles.indexOf(role) >= roles.indexOf(rule);

/** What ought to happen to somebody with this role everywhere. */
function expected(rule: Rule, role: Role | undefined): Outcome {
  if (rule === 'anybody') return 'in';
  if (!role) return 'to the sign-in page';
  if (rule === 'account') return 'in';
  return isEnough(role, rule) ? 'in' : `refused for want of ${rule}`;
}

/** Tries every route; `act` says who does it and on which petition. What ought to be refused is tried side by side. */
async function tryAll(
  act: (route: OrganizeRoute) => Promise<{ petition: Types.ObjectId; cookie?: string; role?: Role }>,
): Promise<void> {
  const wrong: string[] = [];
  const refused: (() => Promise<void>)[] = [];
  for (const route of table) {
    const rule = ruleOf.get(nameOf(route));
    if (!rule) continue; // the first test fails then
    const ought = expected(rule, (await act(route)).role);
    const attempt = async () => {
      // A session of its own: some routes end all that there are.
      const { petition, cookie } = await act(route);
      const outcome = await tryRoute(route, petition, cookie);
      if (outcome !== ought) wrong.push(`${nameOf(route)}: ${outcome}, not ${ought}`);
    };
    if (ought === 'in') await attempt();
    else refused.push(attempt);
  }
  const before = await AuditEntry.countDocuments();
  while (refused.length > 0) await Promise.all(refused.splice(0, 8).map((attempt) => attempt()));
  assert.deepEqual(wrong, []);
  const done = await AuditEntry.find().sort({ _id: 1 }).skip(before).lean();
  assert.deepEqual(
    done.map(({ action }) => action),
    [],
    'what was refused did something',
  );
}

describe('the routes of the organizers’ side', () => {
  it('each have one rule, and every rule has its route', () => {
    const routes = table.map(nameOf);
    assert.deepEqual(
      routes.filter((name) => !ruleOf.has(name)),
      [],
      'routes nobody wrote a rule for: add them to this file',
    );
    assert.deepEqual(
      [...ruleOf.keys()].filter((name) => !routes.includes(name)),
      [],
      'rules whose route is gone',
    );
    assert.equal(new Set(routes).size, routes.length, 'a route is there twice');
    assert.equal(Object.values(rules).flat().length, ruleOf.size, 'a route has two rules');
  });

  it('send whoever is not signed in to the sign-in page', async () => {
    const petition = await makePetition();
    await tryAll(async () => ({ petition: petition._id }));
  });

  for (const role of roles) {
    it(`let ${role}s do what a ${role} may, and tell them which role the rest takes`, async () => {
      const { _id } = await makeOrganizer(world, role);
      const petition = await makePetition();
      await tryAll(async () => ({ petition: petition._id, cookie: await cookieFor(_id), role }));
    });
  }

  for (const role of ['moderator', 'editor', 'owner'] as const) {
    it(`let a viewer who is ${role} in a petition’s team do that there and nowhere else`, async () => {
      const { _id } = await makeOrganizer(world, 'viewer');
      const petition = await makePetition({ team: [{ organizer: _id, role }] });
      await tryAll(async ({ path }) => {
        const isOnPetition = path.includes(':petition') && !path.includes(':petition/team');
        return { petition: petition._id, cookie: await cookieFor(_id), role: isOnPetition ? role : 'viewer' };
      });
      const other = await makePetition();
      await tryAll(async () => ({ petition: other._id, cookie: await cookieFor(_id), role: 'viewer' }));
    });
  }

  it('are closed to whoever’s account has ended', async () => {
    const petition = await makePetition();
    const { _id } = await makeOrganizer(world, 'owner');
    const cookie = await cookieFor(_id);
    await makeOrganizer(world, 'owner');
    await Organizer.updateOne({ _id }, { $set: { endedAt: new Date() } });
    await tryAll(async () => ({ petition: petition._id, cookie }));
  });
});

describe('a refused action', () => {
  it('says which role it takes, which one they have, and whom to ask', async () => {
    const owner = await makeOrganizer(world, 'owner', { name: 'Grace Hopper' });
    assert.ok(owner);
    const { _id } = await makeOrganizer(world, 'moderator');
    const browser = visitor(world, { cookie: await cookieFor(_id) });
    const answer = await browser.get('/organize/people');
    assert.equal(answer.status, 403);
    const page = textOf(await answer.text());
    assert.match(page, /To decide who may come in you need to be owner \. You are moderator here\./);
    assert.match(page, /Grace Hopper/);
    const program = await browser.request('/organize/people', { headers: { accept: 'application/json' } });
    assert.equal(program.status, 403);
    assert.equal(((await program.json()) as { role: string }).role, 'owner');
  });
});
