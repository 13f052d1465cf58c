import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Petition } from '../../server/petitions/petition.ts';
import { makePetition } from '../support/factories.ts';
import { textOf } from '../support/page.ts';
import { eventually, startWorld, type World } from '../support/world.ts';
import { hours, openPage } from './support.ts';

let world: World;
before(async () => {
  world = await startWorld({ workers: false });
});
after(() => world.close());

const open = (path: string) => openPage(world, path);

describe('the list of petitions', () => {
  it('is a friendly page while there is none', async () => {
    await Petition.updateMany({}, { $unset: { publishedAt: 1 } });
    const { response, html } = await open('/');
    assert.equal(response.status, 200);
    assert.match(textOf(html), /Nothing to sign right now/);
  });

  it('shows what is open, what opens soon and what came of others, and nothing else', async () => {
    const titled = (title: string) => ({ en: { title, addressedTo: 'x', summary: 'x', body: 'x' } });
    await makePetition({ texts: titled('Open one') });
    await makePetition({ texts: titled('Soon one'), opensAt: hours(48) });
    await makePetition({
      texts: titled('Won one'),
      closesAt: hours(-48),
      history: [{ outcome: 'victory', at: hours(-24) }],
    });
    await makePetition({ texts: titled('Draft one'), publishedAt: undefined });
    await makePetition({ texts: titled('Taken back'), history: [{ outcome: 'withdrawn', at: hours(-1) }] });
    const { response, html } = await eventually(async () => {
      const shown = await open('/');
      return shown.html.includes('Won one') && shown;
    }, 'the page is made anew once it is a moment old');
    assert.match(response.headers.get('cache-control') ?? '', /^public/);
    assert.match(textOf(html), /Open one.*Opening soon.*Soon one.*What came of earlier.*Victory.*Won one/);
    assert.doesNotMatch(html, /Draft one|Taken back/);
  });

  it('is in French when asked', async () => {
    const { html } = await open('/?lang=fr');
    assert.match(html, /<html lang="fr">/);
    assert.match(html, /href="\/privacy\?lang=fr"/);
  });
});

describe('the pages around it', () => {
  for (const lang of ['en', 'fr'])
    it(`privacy in ${lang} says how long things are kept`, async () => {
      const { response, html } = await open(`/privacy?lang=${lang}`);
      assert.equal(response.status, 200);
      assert.match(textOf(html), /30 (days|jours).*12 (months|mois)/);
      assert.match(html, /1 Example Street, Larkmere/);
    });

  it('every page says in a banner that the robot check is off', async () => {
    const { slug } = await makePetition();
    for (const path of ['/', `/petitions/${slug}`, '/privacy', '/nowhere'])
      assert.match((await open(path)).html, /The robot check is off\./, path);
  });

  it('robots are kept from the links in mails', async () => {
    const { html } = await open('/robots.txt');
    assert.match(html, /Disallow: \/confirm\n.*Disallow: \/signatures\/\n.*Disallow: \/unsubscribe\//s);
  });
});
