import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { deflateSync } from 'node:zlib';
import sharp from 'sharp';
import { imageLimits } from '../../config/limits.ts';
import { deleteUnusedImages, Image, storeImage } from '../../server/images/image.ts';
import { readPicture } from '../../server/images/picture.ts';
import {
  createDraft,
  makePicture,
  openForm,
  pathOf,
  rightForm,
  send,
  stored,
  worldWithEditor,
} from '../petitions/organize/support.ts';
import { errorAt, metaOf } from '../support/page.ts';
import { visitor } from '../support/visitor.ts';

const here = worldWithEditor();

const alt = { 'en-imageAlt': 'A bench by a pond' };
const bytesOf = async (path: string) =>
  Buffer.from(await (await visitor(here.world).get(path)).arrayBuffer());

describe('a picture that is uploaded', () => {
  for (const format of ['jpeg', 'png', 'webp', 'avif'] as const)
    it(`as ${format} is stored anew as JPEG and WebP, 1200 by 630, without its metadata`, async () => {
      const { image } = await createDraft(here.ada, alt, await makePicture(1600, 900, format));
      assert.match(image?.upload ?? '', /^[0-9a-f]{32}$/);
      for (const [type, expected] of [
        ['jpg', 'jpeg'],
        ['webp', 'webp'],
      ]) {
        const bytes = await bytesOf(`/images/${image?.upload}.${type}`);
        const found = await sharp(bytes).metadata();
        assert.deepEqual([found.format, found.width, found.height], [expected, 1200, 630]);
        assert.deepEqual(
          [found.exif, found.xmp, found.icc, found.iptc],
          [undefined, undefined, undefined, undefined],
        );
        assert.ok(!bytes.includes('Robin Example'), 'whose camera it was is gone');
      }
    });

  it('is turned upright before its orientation is forgotten', async () => {
    const left = { create: { width: 700, height: 1400, channels: 3, background: '#ffffff' } } as const;
    const half = { create: { width: 700, height: 700, channels: 3, background: '#000000' } } as const;
    const sideways = await sharp(left)
      .composite([{ input: await sharp(half).png().toBuffer(), gravity: 'north' }])
      .withMetadata({ orientation: 6 })
      .jpeg()
      .toBuffer();
    const picture = await readPicture(sideways);
    assert.equal(picture.outcome, 'read');
    const upright = picture.outcome === 'read' ? picture.jpeg : sideways;
    const right = await sharp(upright).extract({ left: 1100, top: 0, width: 100, height: 630 }).toBuffer();
    const { channels } = await sharp(right).stats();
    assert.ok((channels[0]?.mean ?? 255) < 30, 'what was up is to the right');
  });

  it('may be kept by every cache for ever, under the hash of its content', async () => {
    const picture = await makePicture();
    const [one, other] = [
      await createDraft(here.ada, alt, picture),
      await createDraft(here.ada, alt, picture),
    ];
    assert.equal(one.image?.upload, other.image?.upload);
    const response = await visitor(here.world).get(`/images/${one.image?.upload}.jpg`);
    assert.equal(response.headers.get('content-type'), 'image/jpeg');
    assert.equal(response.headers.get('cache-control'), 'public, max-age=31536000, immutable');
    assert.equal(response.headers.get('x-content-type-options'), 'nosniff');
    assert.equal(await Image.countDocuments({ _id: one.image?.upload }), 1);
  });

  it('is what a shared link and the page show, with the words for it', async () => {
    const { _id, slug, image } = await createDraft(here.ada, alt, await makePicture(1300, 800));
    await here.ada.post(pathOf({ _id }, 'publication'), { when: 'now' });
    const html = (await (await visitor(here.world).get(`/petitions/${slug}`)).text()).replaceAll(
      '&#x3D;',
      '=',
    );
    assert.equal(metaOf(html, 'og:image'), `${here.world.env.BASE_URL}/images/${image?.upload}.jpg`);
    assert.equal(metaOf(html, 'og:image:alt'), 'A bench by a pond');
    assert.match(html, new RegExp(`<source type="image/webp" srcset="/images/${image?.upload}.webp">`));
    assert.match(
      html,
      new RegExp(`src="/images/${image?.upload}.jpg" alt="A bench by a pond" width="1200" height="630"`),
    );
  });

  it('needs words for those who do not see it, and stays uploaded while they are missing', async () => {
    const response = await send(here.ada, '/organize/petitions', rightForm(), await makePicture(1400, 801));
    const html = await response.text();
    assert.equal(response.status, 422);
    assert.match(errorAt(html, 'en-imageAlt') ?? '', /what the picture shows/);
    const [, id = ''] = /name="picture" value="([0-9a-f]{32})"/.exec(html) ?? [];
    const petition = await createDraft(here.ada, { ...alt, picture: id });
    assert.equal(petition.image?.upload, id);
  });

  it('can be taken away again, and another petition’s form cannot name what was never uploaded', async () => {
    const petition = await createDraft(here.ada, alt, await makePicture());
    const kept = await send(
      here.ada,
      pathOf(petition, 'edit'),
      await openForm(petition, { 'press-name': 'Ada' }),
    );
    assert.equal(kept.status, 303);
    assert.equal((await stored(petition)).image?.upload, petition.image?.upload);
    await send(here.ada, pathOf(petition, 'edit'), await openForm(petition, { removePicture: 'on' }));
    assert.equal((await stored(petition)).image?.upload, undefined);
    const foreign = await openForm(petition, { ...alt, picture: 'images/samples/bus.png' });
    assert.equal((await send(here.ada, pathOf(petition, 'edit'), foreign)).status, 422);
  });

  it('by itself, for the script, is answered with its name or with what is wrong', async () => {
    const good = await send(here.ada, '/organize/pictures', {}, await makePicture());
    const { outcome, id } = (await good.json()) as { outcome: string; id: string };
    assert.equal(outcome, 'stored');
    assert.equal((await visitor(here.world).get(`/images/${id}.webp`)).status, 200);
    const bad = await send(here.ada, '/organize/pictures', {}, new TextEncoder().encode('no picture'));
    assert.equal(bad.status, 422);
    assert.match(((await bad.json()) as { problem: string }).problem, /JPEG, PNG, WebP or AVIF/);
    const stranger = await visitor(here.world, { Origin: here.world.env.BASE_URL }).post(
      '/organize/pictures',
    );
    assert.equal(stranger.status, 303, 'to the sign-in page');
  });

  it('that no petition shows is deleted after a week', async () => {
    const petition = await createDraft(here.ada, alt, await makePicture(1234, 700));
    const unused = await storeImage({ bytes: Buffer.from(await makePicture(1235, 900, 'png')) });
    assert.equal(unused.outcome, 'stored');
    const soon = new Date(Date.now() + imageLimits.unusedKept * 1000 - 60_000);
    await deleteUnusedImages(soon);
    const id = unused.outcome === 'stored' ? unused.id : '';
    assert.ok(await Image.exists({ _id: id }));
    await deleteUnusedImages(new Date(soon.getTime() + 120_000));
    assert.equal(await Image.exists({ _id: id }), null);
    assert.ok(await Image.exists({ _id: petition.image?.upload }));
  });
});

/** A PNG of a few kilobytes that says it has so many pixels. */
function bomb(width: number, height: number): Uint8Array<ArrayBuffer> {
  const chunk = (type: string, data: Buffer) => {
    const body = Buffer.concat([Buffer.from(type), data]);
    const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
    length.writeUInt32BE(data.length);
    sum.writeUInt32BE(crc(body));
    return Buffer.concat([length, body, sum]);
  };
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([1, 0, 0, 0, 0], 8);
  return new Uint8Array(
    Buffer.concat([
      Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
      chunk('IHDR', header),
      chunk('IDAT', deflateSync(Buffer.alloc((Math.ceil(width / 8) + 1) * Math.min(height, 2_000)))),
      chunk('IEND', Buffer.alloc(0)),
    ]),
  );
}

/** https://www.w3.org/TR/png-3/#D-CRCAppendix */
function crc(bytes: Buffer): number {
  let sum = 0xffffffff;
  for (const byte of bytes) {
    sum ^= byte;
    for (let bit = 0; bit < 8; bit += 1) sum = sum & 1 ? (sum >>> 1) ^ 0xedb88320 : sum >>> 1;
  }
  return (sum ^ 0xffffffff) >>> 0;
}

describe('what is no picture, or too much of one', () => {
  const text = (words: string) => new TextEncoder().encode(words);
  const table: [
    why: string,
    make: () => Promise<Uint8Array<ArrayBuffer>> | Uint8Array<ArrayBuffer>,
    says: RegExp,
  ][] = [
    ['a text', () => text('Hello'), /not a picture we can read/],
    [
      'a drawing that can hold scripts',
      () => text('<svg xmlns="http://www.w3.org/2000/svg"><script/></svg>'),
      /not a picture/,
    ],
    ['a page that calls itself a picture', () => text('<html><script>alert(1)</script>'), /not a picture/],
    ['an animation', () => makePicture(800, 600, 'gif'), /not a picture we can read/],
    [
      'a picture that ends too early',
      async () => (await makePicture()).slice(0, 3_000),
      /damaged|cannot be decoded/,
    ],
    [
      'the first bytes of a picture',
      () => new Uint8Array([0xff, 0xd8, 0xff, 0xe0]),
      /damaged|cannot be decoded/,
    ],
    ['an image bomb', () => bomb(60_000, 60_000), /too many pixels/],
    ['a bomb just over the limit', () => bomb(imageLimits.pixels / 5_000 + 1, 5_000), /too many pixels/],
    ['a picture that is too small', () => makePicture(300, 200), /too small/],
    ['a file that is too large', () => new Uint8Array(imageLimits.bytes + 1).fill(0xff), /too large/],
  ];
  for (const [why, make, says] of table)
    it(`is refused at the field: ${why}`, async () => {
      const before = await Image.countDocuments();
      const typed = rightForm({ ...alt, 'press-name': 'Kept as typed' });
      const response = await send(here.ada, '/organize/petitions', typed, await make());
      const html = await response.text();
      assert.equal(response.status, 422);
      assert.match(errorAt(html, 'file') ?? '', says);
      assert.ok(html.includes('Kept as typed'));
      assert.equal(await Image.countDocuments(), before);
    });

  it('does not reach the memory of the process: a bomb is refused by its header', async () => {
    const before = process.memoryUsage().rss;
    const picture = await readPicture(Buffer.from(bomb(60_000, 60_000)));
    assert.equal(picture.outcome, 'refused');
    assert.ok(process.memoryUsage().rss - before < 150 * 1024 * 1024);
  });

  for (const path of ['nothing.jpg', `${'a'.repeat(32)}.jpg`, `${'a'.repeat(32)}.svg`, '%2e%2e%2fetc.jpg'])
    it(`is not found: /images/${path.slice(0, 12)}`, async () => {
      assert.equal((await visitor(here.world).get(`/images/${path}`)).status, 404);
    });
});
