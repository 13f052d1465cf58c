import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import sharp from 'sharp';
import { AuditEntry } from '../../server/audit/entry.ts';
import { Campaign } from '../../server/campaigns/campaign.ts';
import { beginRecountsLeft } from '../../server/campaigns/members.ts';
import { Participation } from '../../server/campaigns/participation.ts';
import { deleteUnusedImages, Image } from '../../server/images/image.ts';
import { Petition } from '../../server/petitions/petition.ts';
import { Signature } from '../../server/signatures/signature.ts';
import { Task } from '../../server/tasks/task.ts';
import { Update } from '../../server/updates/update.ts';
import { applyRetention } from '../../workers/retention.ts';
import { makeForm, makePetition, makeSignature } from '../support/factories.ts';
import { type SignedInVisitor, signInAs } from '../support/organizer.ts';
import { textOf } from '../support/page.ts';
import { type OpenPlatform, openPlatform } from '../support/platform.ts';
import { signAndConfirm } from '../support/signer.ts';
import { taskEnd } from '../support/tasks.ts';
import { visitor } from '../support/visitor.ts';
import { eventually, startWorld, type World } from '../support/world.ts';
import { makeCampaign, peopleOf } from './support.ts';

let world: World;
let platform: OpenPlatform;
let editor: SignedInVisitor;
before(async () => {
  world = await startWorld();
  platform = await openPlatform(world);
  editor = await signInAs(world, 'editor', { name: 'Ada Lovelace' });
});
after(async () => {
  await platform?.close();
  await world?.close();
});

let made = 0;
/** A form that is right in every field. */
function campaignForm(differences: Record<string, string> = {}): Record<string, string> {
  made += 1;
  return {
    ...{ language: 'en', timeZone: 'UTC', slug: `town-${made}-${process.pid}` },
    ...{ 'en-title': 'A town for everyone', 'en-summary': 'Small things.', 'en-body': 'It **began** so.' },
    ...{ hashtags: '#Town #Larkmere', ...differences },
  };
}

/** Sends a form as the editor's page does. */
async function send(who: SignedInVisitor, path: string, form: Record<string, string>, file?: Buffer) {
  const body = new FormData();
  for (const [name, value] of Object.entries(form)) body.set(name, value);
  if (file) body.set('file', new Blob([new Uint8Array(file)]), 'picture.jpg');
  return who.request(path, { method: 'POST', body });
}

async function create(differences: Record<string, string> = {}): Promise<Campaign> {
  const form = campaignForm(differences);
  const response = await send(editor, '/organize/campaigns', form);
  assert.equal(response.status, 303, textOf(await response.text()));
  return (await Campaign.findOne({ slug: form.slug }).lean<Campaign>()) as Campaign;
}

const pathOf = ({ _id }: Campaign) => `/organize/campaigns/${_id}`;
const reread = async ({ _id }: Campaign) => (await Campaign.findById(_id).lean<Campaign>()) as Campaign;
const actionsOn = async ({ _id }: Campaign) =>
  (await AuditEntry.find({ subject: String(_id) }).sort({ seq: 1 })).map(({ action }) => action);

/** The fields of the editor's page, as a browser would send them. */
async function opened(campaign: Campaign): Promise<Record<string, string>> {
  const page = await (await editor.get(`${pathOf(campaign)}/edit`)).text();
  const decode = (text: string) =>
    text
      .replaceAll('&quot;', '"')
      .replaceAll('&#x3D;', '=')
      .replaceAll('&amp;', '&')
      .replaceAll('&#x27;', "'");
  const inputs = [...page.matchAll(/<input[^>]*name="([^"]+)"[^>]*value="([^"]*)"/g)];
  const areas = [...page.matchAll(/<textarea[^>]*name="([^"]+)"[^>]*>([^<]*)<\/textarea>/g)];
  const selects = [...page.matchAll(/<select[^>]*name="([^"]+)"[^>]*>([\s\S]*?)<\/select>/g)].map(
    ([, name, options]) => ['', name, /value="([^"]*)" selected/.exec(options ?? '')?.[1] ?? ''],
  );
  const fields = [...inputs, ...areas, ...selects].map(([, name = '', value = '']) => [name, decode(value)]);
  const { removePicture: _, ...form } = Object.fromEntries(fields);
  return form;
}

describe('a campaign', () => {
  it('is written, published, taken back and published again, and the log says so', async () => {
    const petition = await makePetition();
    const campaign = await create({ [`place-${petition._id}`]: '1' });
    const page = `/campaigns/${campaign.slug}`;
    assert.deepEqual(campaign.petitions.map(String), [String(petition._id)]);
    assert.equal((await visitor(world).get(page)).status, 404, 'a draft');
    assert.match(textOf(await (await editor.get(`${pathOf(campaign)}/preview`)).text()), /A preview/);
    for (const [path, done, status] of [
      ['publication', 'publish', 200],
      ['publication', 'late', 200],
      ['publication/cancellation', 'unpublish', 404],
      ['publication', 'publish', 200],
    ] as const) {
      const response = await editor.post(`${pathOf(campaign)}/${path}`);
      assert.match(response.headers.get('location') ?? '', new RegExp(`done=${done}$`));
      assert.equal((await visitor(world).get(page)).status, status, `${path}: ${done}`);
    }
    assert.deepEqual(await actionsOn(campaign), [
      'campaign.create',
      ...['campaign.publish', 'campaign.unpublish', 'campaign.publish'],
    ]);
  });

  it('shows its story, its actions in their order, hashtags and links to share, and stands on the list', async () => {
    const [one, two] = [await makePetition(), await makePetition()];
    const draft = await makePetition({ publishedAt: undefined });
    const withdrawn = await makePetition({ history: [{ outcome: 'withdrawn', at: new Date() }] });
    const campaign = await makeCampaign([two, draft, withdrawn, one], { hashtags: ['PondBench'] });
    const html = await (await visitor(world).get(`/campaigns/${campaign.slug}`)).text();
    const titles = [...html.matchAll(/card-title"><a href="([^"]+)"/g)].map(([, url]) => url);
    assert.deepEqual(titles, [`/petitions/${two.slug}`, `/petitions/${one.slug}`]);
    assert.match(html, /It began with <strong>one<\/strong> bench/);
    assert.match(html, /#PondBench/);
    assert.match(html, /property="og:title" content="A \d+\. place to rest"/);
    assert.match(html, /hashtags&#x3D;PondBench|hashtags=PondBench/);
    const list = await (await visitor(world).get('/')).text();
    const card =
      list.split('</li>').find((part) => part.includes(`href="/campaigns/${campaign.slug}"`)) ?? '';
    assert.match(card, />2 actions</, 'a draft and what was withdrawn are not counted on the list');
    const petition = await (await visitor(world).get(`/petitions/${one.slug}`)).text();
    assert.match(textOf(petition), /Part of the campaign A \d+\. place to rest/);
  });

  it('is in French where it was written in French, and a former address leads to the present one', async () => {
    const campaign = await create({
      ...{ 'fr-title': 'Une ville pour tous', 'fr-summary': 'De petites choses.', 'fr-body': 'Voilà.' },
    });
    await editor.post(`${pathOf(campaign)}/publication`);
    const french = await (await visitor(world).get(`/campaigns/${campaign.slug}?lang=fr`)).text();
    assert.match(french, /<html lang="fr">/);
    assert.match(textOf(french), /Une ville pour tous.*Chaque personne est comptée une fois/s);
    const slug = `${campaign.slug}-now`;
    await send(editor, `${pathOf(campaign)}/edit`, { ...(await opened(campaign)), slug });
    const moved = await visitor(world).get(`/campaigns/${campaign.slug}?lang=fr`);
    assert.equal(moved.status, 301);
    assert.equal(moved.headers.get('location'), `/campaigns/${slug}?lang=fr`);
    const again = await send(editor, '/organize/campaigns', campaignForm({ slug: campaign.slug }));
    assert.equal(again.status, 422, 'a former address is nobody else’s');
  });

  it('counts who confirms at once, on its page, in count.json and in its stream, each person once', async () => {
    const [one, two] = [await makePetition(), await makePetition()];
    const campaign = await makeCampaign([one, two]);
    const leave = new AbortController();
    const stream = await visitor(world).request(`/campaigns/${campaign.slug}/events`, {
      signal: leave.signal,
    });
    const heard: string[] = [];
    const listening = (async () => {
      for await (const chunk of stream.body as AsyncIterable<Uint8Array>)
        heard.push(Buffer.from(chunk).toString());
    })().catch(() => undefined);
    const person = makeForm();
    for (const { slug } of [one, two])
      await signAndConfirm(world, slug, { ...makeForm(), email: person.email ?? '' });
    await signAndConfirm(world, two.slug, makeForm());
    await eventually(() => /"count":2/.test(heard.join('')), 'the stream says 2');
    leave.abort();
    await listening;
    const count = await eventually(async () => {
      const said = (await (
        await visitor(world).get(`/campaigns/${campaign.slug}/count.json`)
      ).json()) as object;
      return (said as { count: number }).count === 2 ? said : undefined;
    }, 'the count');
    assert.deepEqual(Object.keys(count).sort(), ['count', 'goal', 'phase', 'updatedAt']);
    assert.ok(!/"count":3/.test(heard.join('')), 'never three');
    const numbers = textOf(await (await editor.get(pathOf(campaign))).text());
    assert.match(numbers, /Different people 2/);
    assert.match(numbers, /Actions People Share 1 1 50 % 2 1 50 %/);
    const overview = textOf(await (await editor.get('/organize/overview')).text());
    assert.match(overview, new RegExp(`${campaign.texts?.en?.title} 2 2 0`), 'the overview');
  });

  it('shows what is on paper apart, and when its count was corrected', async () => {
    const at = new Date();
    const petition = await makePetition({ ledger: [{ at, who: 'Ada', source: 'the market', number: 650 }] });
    const campaign = await makeCampaign([petition]);
    await makeSignature(petition);
    await platform.queues.enqueue('tally', { petitionId: String(petition._id) });
    await eventually(async () => (await peopleOf(campaign)).people === 1, 'one person');
    const html = textOf(await (await visitor(world).get(`/campaigns/${campaign.slug}`)).text());
    assert.match(html, /1 person takes part/);
    assert.match(html, /Besides these, 650 signatures on paper/);
  });
});

describe('the feed of a campaign', () => {
  it('tells what is new on its petitions, and nothing of others', async () => {
    const [petition, other] = [await makePetition(), await makePetition()];
    const campaign = await makeCampaign([petition]);
    for (const [{ _id }, title] of [
      [petition, 'They & we <agree>'],
      [other, 'Not here'],
    ] as const)
      await Update.create({
        ...{ petition: _id, n: 1, kind: 'victory', createdBy: editor.organizer._id },
        ...{ createdAt: new Date(), publishedAt: new Date(), texts: { en: { title, body: 'In *May*.' } } },
      });
    const response = await visitor(world).get(`/campaigns/${campaign.slug}/feed.xml`);
    assert.match(response.headers.get('content-type') ?? '', /application\/atom\+xml/);
    const xml = await response.text();
    assert.match(xml, /<title>A \d+\. place to rest: news of the campaign<\/title>/);
    assert.match(xml, /They &amp; we &lt;agree&gt;/);
    assert.doesNotMatch(xml, /Not here/);
    const page = await (await visitor(world).get(`/campaigns/${campaign.slug}`)).text();
    assert.match(page, new RegExp(`/campaigns/${campaign.slug}/feed.xml`));
  });
});

describe('the form of a campaign', () => {
  it('says what is wrong at each field and keeps what was typed', async () => {
    const long = 'x'.repeat(50_001);
    const form = campaignForm({
      ...{ 'en-title': '', 'en-body': long, 'fr-title': 'Une ville\u0007', slug: 'Not an address!' },
      ...{ hashtags: 'a-b', opensAt: '2026-05-02T10:00', closesAt: '2026-05-01T10:00' },
      ...{ 'en-summary': 'Kept & "as typed" <b>', [`place-${'f'.repeat(24)}`]: '1' },
    });
    const response = await send(editor, '/organize/campaigns', form);
    assert.equal(response.status, 422);
    const html = await response.text();
    for (const message of [
      /Write the title in English/,
      /Shorten this to 50,000 characters/,
      /characters that cannot be shown/,
      /small letters, digits and single hyphens/,
      /Use letters, digits and _ only/,
      /It must end after it begins/,
      /Write the summary in French/,
    ])
      assert.match(html, message);
    assert.ok(html.includes(long) && html.includes('Kept &amp; &quot;as typed&quot; &lt;b&gt;'));
    const gone = await send(
      editor,
      '/organize/campaigns',
      campaignForm({ [`place-${'f'.repeat(24)}`]: '1' }),
    );
    assert.equal(gone.status, 422);
    assert.match(await gone.text(), /One of the petitions is not there any more/);
  });

  it('sent twice makes one campaign; the page of one that is not there is 404', async () => {
    const form = campaignForm({ draft: 'a'.repeat(24), slug: '' });
    const both = await Promise.all([1, 2].map(() => send(editor, '/organize/campaigns', form)));
    assert.deepEqual(
      both.map(({ status }) => status),
      [303, 303],
    );
    assert.equal(both[0]?.headers.get('location'), both[1]?.headers.get('location'));
    for (const id of ['f'.repeat(24), 'x', '../petitions'])
      assert.equal((await editor.get(`/organize/campaigns/${id}/edit`)).status, 404, id);
  });

  it('of two editors takes from each what only they changed, and lets the second choose about the rest', async () => {
    const [one, two] = [await makePetition(), await makePetition()];
    const campaign = await create();
    const [first, second] = [await opened(campaign), await opened(campaign)];
    await send(editor, `${pathOf(campaign)}/edit`, {
      ...first,
      'en-summary': 'Theirs',
      [`place-${one._id}`]: '1',
    });
    const grace = await signInAs(world, 'editor', { name: 'Grace Hopper' });
    const merged = await send(grace, `${pathOf(campaign)}/edit`, { ...second, 'en-title': 'A town for all' });
    assert.match(merged.headers.get('location') ?? '', /done=merged/);
    const stored = await reread(campaign);
    assert.equal(stored.texts?.en?.title, 'A town for all');
    assert.equal(stored.texts?.en?.summary, 'Theirs');
    assert.deepEqual(stored.petitions.map(String), [String(one._id)]);

    const mine = { ...second, 'en-summary': 'Mine', [`place-${two._id}`]: '1' };
    const asked = await send(grace, `${pathOf(campaign)}/edit`, mine);
    assert.equal(asked.status, 409);
    const html = await asked.text();
    assert.match(textOf(html), /saved this campaign while you were editing/);
    assert.match(html, /name="asked" value="[^"]*petitions/);
    const seen = /name="seen" value="([^"]*)"/
      .exec(html)?.[1]
      ?.replaceAll('&quot;', '"')
      .replaceAll('&#x3D;', '=');
    const done = await send(grace, `${pathOf(campaign)}/edit`, {
      ...{ ...mine, seen: seen ?? '', asked: 'en-summary petitions' },
      ...{ 'choice-en-summary': 'theirs', 'choice-petitions': 'mine', 'en-title': 'A town for all' },
    });
    assert.equal(done.status, 303, textOf(await done.text()));
    const last = await reread(campaign);
    assert.equal(last.texts?.en?.summary, 'Theirs');
    assert.deepEqual(last.petitions.map(String), [String(two._id)]);
  });

  it('has a picture that stays as long as it is shown', async () => {
    const file = await sharp({ create: { width: 1300, height: 700, channels: 3, background: '#357' } })
      .jpeg()
      .toBuffer();
    const form = campaignForm({ 'en-imageAlt': 'A blue wall' });
    const response = await send(editor, '/organize/campaigns', form, file);
    assert.equal(response.status, 303, textOf(await response.text()));
    const campaign = await Campaign.findOne({ slug: form.slug }).orFail();
    await Image.updateMany({}, { $set: { at: new Date(0) } });
    await deleteUnusedImages();
    assert.ok(await Image.exists({ _id: campaign.image?.upload }));
    const page = await (await editor.get(`/organize/campaigns/${campaign._id}/preview`)).text();
    assert.match(page, /alt="A blue wall"/);
    const none = await send(editor, '/organize/campaigns', campaignForm(), Buffer.from('no picture'));
    assert.equal(none.status, 422);
    assert.match(await none.text(), /not a picture we can read/);
  });
});

describe('the petitions of a campaign', () => {
  it('come in and go by work that ends exact and says how many people there are', async () => {
    const [one, two] = [await makePetition(), await makePetition()];
    for (const [petition, person] of [
      [one, 1],
      [one, 2],
      [two, 2],
      [two, 3],
    ] as const)
      await makeSignature(petition, { emailKey: `key-${one._id}-${person}` });
    for (const { _id } of [one, two]) await platform.queues.enqueue('tally', { petitionId: String(_id) });
    await eventually(
      async () => !(await Signature.exists({ petition: { $in: [one._id, two._id] }, recount: true })),
      'they are counted',
    );
    const campaign = await create({ [`place-${one._id}`]: '2', [`place-${two._id}`]: '1' });
    assert.deepEqual(
      campaign.petitions.map(String),
      [two, one].map(({ _id }) => String(_id)),
    );
    const task = await Task.findOne({ 'input.campaignId': String(campaign._id) }).orFail();
    const ended = await taskEnd(String(task._id));
    assert.deepEqual([ended.state, ended.done, (ended.result as { people: number }).people], ['done', 4, 3]);
    const numbers = textOf(await (await editor.get(pathOf(campaign))).text());
    assert.match(numbers, /Different people 3 Behind 4 confirmed signatures/);
    const form = { ...(await opened(campaign)), [`place-${two._id}`]: '' };
    const saved = await send(editor, `${pathOf(campaign)}/edit`, form);
    const id = /task=(\w+)/.exec(saved.headers.get('location') ?? '')?.[1] ?? '';
    assert.equal(((await taskEnd(id)).result as { people: number }).people, 2);
  });

  it('are taken in by a sweep where the process died before it began the work', async () => {
    const petition = await makePetition();
    const campaign = await makeCampaign([petition], {
      recountDue: [petition._id],
      editedBy: editor.organizer._id,
    });
    await beginRecountsLeft(platform, new Date(Date.now() + 3_600_000));
    await beginRecountsLeft(platform, new Date(Date.now() + 3_600_000));
    const tasks = await Task.find({ 'input.campaignId': String(campaign._id) });
    assert.equal(tasks.length, 1);
    assert.equal((await taskEnd(String(tasks[0]?._id))).state, 'done');
  });
});

describe('a signer’s own data', () => {
  it('names the campaigns that count them, and leaves no key there once it is erased or too old', async () => {
    const petition = await makePetition();
    const campaign = await makeCampaign([petition]);
    const { manage } = await signAndConfirm(world, petition.slug, makeForm());
    await signAndConfirm(world, petition.slug, makeForm());
    await eventually(async () => (await peopleOf(campaign)).people === 2, 'two people');
    const page = textOf(await (await visitor(world).get(manage)).text());
    assert.match(page, /counts you, once, among the people of: A \d+\. place to rest/);
    const file = (await (await visitor(world).post(`${manage}/download`)).json()) as { campaigns: string[] };
    assert.deepEqual(file.campaigns, [`${world.env.BASE_URL}/campaigns/${campaign.slug}`]);
    const keysLeft = async () =>
      (await Participation.find({ campaign: campaign._id, key: { $not: /^erased:/ } })).length;
    await visitor(world).post(`${manage}/erasure`);
    await platform.queues.enqueue('campaignTally', { campaignId: String(campaign._id) });
    await eventually(async () => (await keysLeft()) === 1, 'the key of the erased is gone');
    await Petition.updateOne({ _id: petition._id }, { $set: { closesAt: new Date(0) } });
    await applyRetention(platform.log);
    await platform.queues.enqueue('campaignTally', { campaignId: String(campaign._id) });
    await eventually(async () => (await keysLeft()) === 0, 'no key is left');
    assert.equal((await peopleOf(campaign)).people, 2, 'the count stays');
  });
});
