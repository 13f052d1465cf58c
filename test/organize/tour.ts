import assert from 'node:assert/strict';
import { Types } from 'mongoose';
import { seedSamples } from '../../scripts/seed.ts';
import { Export } from '../../server/exports/export.ts';
import { Target } from '../../server/letters/target.ts';
import { Issue as NewsletterIssue } from '../../server/newsletter/issues/issue.ts';
import { Petition } from '../../server/petitions/petition.ts';
import { RepresentativeTable } from '../../server/representatives/table/table.ts';
import { Task } from '../../server/tasks/task.ts';
import { makeCampaign, recountAll } from '../campaigns/support.ts';
import { makePetition } from '../support/factories.ts';
import { makeOrganizer, type SignedInVisitor, signInAs } from '../support/organizer.ts';
import { makeSignatures } from '../support/signatures.ts';
import { settle } from '../support/tally.ts';
import { eventually, type World } from '../support/world.ts';

/** A page that an owner can look at. */
export type Stop = { name: string; path: string };

/** Longer than anybody should write, without a place to break it: Welsh, German, French. */
const longTitle =
  'Llanfairpwllgwyngyllgogerychwyrndrobwllllantysiliogogogoch: Verkehrsinfrastrukturfinanzierungsgesellschaft';
const longFrench = 'Contre l’anticonstitutionnellement-décidée désinstitutionnalisation du jardin';

/** Everything an organizer can come across, made as organizers make it. Returns the pages to look at. */
export async function makeTour(world: World): Promise<{ owner: SignedInVisitor; stops: Stop[] }> {
  await seedSamples(world.env);
  const owner = await signInAs(world, 'owner', { name: 'Ada Lovelace' });
  const petition = await makePetition({
    texts: { en: textOf(longTitle), fr: textOf(longFrench) },
    team: [{ organizer: (await makeOrganizer(world, 'moderator', { name: 'Grace' }))._id, role: 'editor' }],
    ledger: [{ _id: new Types.ObjectId(), at: new Date(), who: 'Ada', source: 'the market', number: 650 }],
  });
  await owner.post('/organize/people', { email: 'invited@example.org', role: 'moderator' });
  const draft = await makePetition({ publishedAt: undefined });
  const aLetter = await makePetition({ kind: 'letter' });
  const table = await RepresentativeTable.findOne().orFail();
  const closed = await makePetition({ closesAt: new Date(Date.now() - 3_600_000) });
  const base = `/organize/petitions/${petition._id}`;
  const signatures = await makePeople(world, petition);
  await settle(petition);
  for (const { _id } of await Petition.find({}, { _id: 1 }).lean()) await settle({ _id });
  const [imported, waiting] = await importTwice(owner, base);
  const change = await finished(
    await owner.post(`${base}/signatures/change`, {
      what: 'invalidate',
      why: 'The same hand again and again',
      id: signatures[0]?.toHexString() ?? '',
    }),
  );
  const exporting = await finished(
    await owner.post(`${base}/exports`, { kind: 'csv', why: 'For the council', 'column-name': 'on' }),
  );
  const exported = (await Export.findOne({ task: exporting }).orFail())._id;
  await writeUpdate(owner, `${base}/updates`);

  const tabs = ['/edit', '/publication', '/signatures', '/moderation', '/moderation?show=decided'].concat([
    ...['/moderation?show=held', '/updates', '/updates/new', '/updates/1', '/updates/1/edit', '/exports'],
    ...['/team', '/ledger', '/imports'],
  ]);
  const campaign = await groupInCampaign(petition);
  const stops: [string, string][] = [
    ...['', '/account', '/people', '/audit', '/overview', '/petitions/new'].map((path): [string, string] => [
      path,
      `/organize${path}`,
    ]),
    ['dashboard', base],
    ['representatives', '/organize/representatives'],
    ['table of representatives', `/organize/representatives/${table._id}`],
    ['representatives of a letter', `/organize/petitions/${aLetter._id}/representatives`],
    ...tabs.map((path): [string, string] => [path, base + path]),
    ['official', `/organize/petitions/${(await Petition.findOne({ kind: 'linked' }).orFail())._id}/official`],
    ['filtered', `${base}/signatures?state=confirmed`],
    ['none found', `${base}/signatures?state=withdrawn`],
    ['signature', `${base}/signatures/${signatures[0]}`],
    ['preview', `${base}/signatures/change?what=invalidate&scope=all`],
    ['change', `${base}/signatures/changes/${change}`],
    ['mapping', waiting],
    ['import', imported],
    ['export', `${base}/exports/${exported}`],
    ['task', `/organize/tasks/${change}`],
    ['campaigns', '/organize/campaigns'],
    ['campaign', `/organize/campaigns/${campaign}`],
    ['campaign edit', `/organize/campaigns/${campaign}/edit`],
    ['new campaign', '/organize/campaigns/new'],
    ['draft', `/organize/petitions/${draft._id}`],
    ['draft publication', `/organize/petitions/${draft._id}/publication`],
    ['closed publication', `/organize/petitions/${closed._id}/publication`],
    ['no signatures', `/organize/petitions/${draft._id}/signatures`],
    ['nothing to moderate', `/organize/petitions/${draft._id}/moderation`],
    ['no updates', `/organize/petitions/${draft._id}/updates`],
    ...(await letterStops()),
    ...(await signatoryStops()),
    ...(await newsletterStops()),
  ];
  return {
    owner,
    stops: stops.map(([name, path]) => ({ name: name.replaceAll('/', ' ').trim() || 'home', path })),
  };
}

async function newsletterStops(): Promise<[string, string][]> {
  const issue = await NewsletterIssue.findOne({ sending: null }).orFail();
  const path = '/organize/newsletter';
  return [
    ['newsletter', path],
    ['newsletter issue', `${path}/issues/${issue._id}`],
    ['newsletter issue edit', `${path}/issues/${issue._id}/edit`],
    ['new newsletter issue', `${path}/issues/new`],
    ['newsletter comments', `${path}/comments`],
    ['newsletter comments approved', `${path}/comments?show=approved`],
    ['newsletter people', `${path}/people`],
  ];
}

async function signatoryStops(): Promise<[string, string][]> {
  const { _id } = await Petition.findOne({ kind: 'openLetter' }).orFail();
  const path = `/organize/petitions/${_id}/signatories`;
  return ['', '?show=listed', '?show=refused'].map((show) => [`signatories${show}`, path + show]);
}

async function letterStops(): Promise<[string, string][]> {
  const { _id } = await Petition.findOne({ slug: 'winter-ferry' }).orFail();
  const target = await Target.findOne({ petition: _id }).orFail();
  const path = `/organize/petitions/${_id}/letter`;
  return [
    ['letter', path],
    ['target', `${path}/targets/${target._id}`],
  ];
}

const textOf = (title: string) => ({
  ...{ title, addressedTo: 'Larkmere Town Council', summary: 'A bench to rest on.' },
  body: 'It should **stay**.\n\n## Why\n\n- It is where people rest.',
});

const makePeople = (world: World, petition: { _id: Types.ObjectId }) =>
  makeSignatures(world, petition, [
    { name: 'Wilhelmina Achterbek-Holloway-Neave', email: `${'long'.repeat(12)}@example.org` },
    { name: 'Robin', comment: 'I rest there every morning.', showName: true, region: 'ON', source: 'stall' },
    { name: 'Noor', comment: `${'Donaudampfschiff'.repeat(12)}`, showName: true, updates: true },
    { name: 'Held Back', state: 'held', showName: true, comment: 'Wait.', source: 'a-link' },
    { name: 'Not Yet', state: 'pending', confirmedAt: undefined },
    { name: 'Gone Again', state: 'invalidated' },
    ...Array.from({ length: 60 }, (_, n) => ({
      ...{ name: `Sample ${n}`, createdAt: new Date(Date.now() - n * 3e6) },
      ...{ confirmedAt: new Date(Date.now() - n * 3e6) },
    })),
  ]);

const sheet = `Name,Email,Postal code\r\nAda Example,ada@example.org,K1A 0B1\r\nBo,,\r\n`;

/** Two files: one is read in, one waits to be told which column is which. Returns the paths of their pages. */
async function importTwice(owner: SignedInVisitor, base: string): Promise<[string, string]> {
  const send = async () => {
    const form = new FormData();
    form.set('file', new Blob([sheet]), 'sheet.csv');
    const response = await owner.request(`${base}/imports`, { method: 'POST', body: form });
    return response.headers.get('location') ?? '';
  };
  const imported = await send();
  const mapping = { name: '0', email: '1', postalCode: '2', dates: 'ymd', defaultCountry: 'CA' };
  await finished(await owner.post(imported, mapping));
  return [imported, await send()];
}

/** A campaign with a long title over the petition and the samples. Returns its id. */
async function groupInCampaign(petition: Petition): Promise<string> {
  const others = await Petition.find({ publishedAt: { $ne: null } }, { _id: 1 }).lean<Petition[]>();
  const texts = { en: { title: longTitle, summary: 'Benches and trees.', body: 'It *began* so.' } };
  const campaign = await makeCampaign([petition, ...others], { texts });
  await recountAll(campaign, [petition, ...others]);
  return campaign._id.toHexString();
}

async function writeUpdate(owner: SignedInVisitor, path: string): Promise<void> {
  await owner.post(path, {
    ...{ kind: 'update', revision: '0', 'title-en': 'The council has answered', 'title-fr': '' },
    ...{ 'body-en': 'They **listened**.', 'body-fr': '' },
  });
}

/** Waits for the task that an answer leads to. Returns its id. */
async function finished(response: Response): Promise<string> {
  assert.equal(response.status, 303, await response.text());
  const id = response.headers.get('location')?.split('/').at(-1) ?? '';
  await eventually(() => Task.exists({ _id: id, state: { $in: ['done', 'failed'] } }), 'the work', 30_000);
  return id;
}
