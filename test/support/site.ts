import { writeFile } from 'node:fs/promises';
import { Types } from 'mongoose';
import { Export, newExportFile, partPath } from '../../server/exports/export.ts';
import { Image } from '../../server/images/image.ts';
import { keepMail, listMails, outboxFolder } from '../../server/outbox/outbox.ts';
import { Update } from '../../server/updates/update.ts';
import { makeCampaign } from '../campaigns/support.ts';
import { makeNewsletter } from '../newsletter/support.ts';
import { makeForm, makePetition } from './factories.ts';
import { cookieOf, makeOrganizer } from './organizer.ts';
import type { OpenPlatform } from './platform.ts';
import { signAndConfirm, signAndOpenMail } from './signer.ts';
import type { World } from './world.ts';

export type Site = Awaited<ReturnType<typeof makeSite>>;

/** One of everything that has an address. */
export async function makeSite(world: World, platform: OpenPlatform) {
  const formerSlug = `formerly-${process.pid}`;
  const petition = await makePetition({ formerSlugs: [formerSlug] });
  const withdrawn = await makePetition({ history: [{ outcome: 'withdrawn', at: new Date() }] });
  const { slug } = petition;
  const owner = await makeOrganizer(world, 'owner');
  await Update.create({
    ...{ petition: petition._id, n: 1, kind: 'update', createdBy: owner._id },
    ...{ createdAt: new Date(), publishedAt: new Date() },
    texts: { en: { title: 'The council answers', body: 'In May.' } },
  });
  const formerCampaign = `formerly-grouped-${process.pid}`;
  const campaign = await makeCampaign([petition], { formerSlugs: [formerCampaign] });
  const image = 'a'.repeat(32);
  await Image.create({ _id: image, jpeg: Buffer.from('jpeg'), webp: Buffer.from('webp'), at: new Date() });
  const shown = await signAndConfirm(world, slug, makeForm({ showName: 'on' }));
  const signer = await signAndOpenMail(world, slug, makeForm());

  const folder = outboxFolder(world.env.DATA_DIR);
  await keepMail(folder, '<x@example.org>', Buffer.from(`From: a@example.org\r\nSubject: x\r\n\r\nText\r\n`));
  const [mail] = await listMails(folder);
  return {
    ...{ slug, formerSlug, withdrawn: withdrawn.slug, image, signer, owner, mail: mail?.id },
    item: platform.tokens.issue('report', signedBy(platform, shown.manage)),
    asset: await stylesheetOf(world),
    newsletter: await makeNewsletter(platform),
    exportPath: await makeExport(world, petition._id, owner._id),
    cookie: (organizer: Types.ObjectId) => cookieOf(world, organizer),
    ...{ campaign: campaign.slug, formerCampaign },
    openLetter: (await makePetition({ kind: 'openLetter' })).slug,
    newForm: () => makeForm(),
    signAndConfirm: () => signAndConfirm(world, slug, makeForm()),
    /** An address of organizers, on a petition that is there. */
    organizePath: (path: string) =>
      path
        .replace(':petition', petition._id.toHexString())
        .replaceAll(/:\w+/g, () => new Types.ObjectId().toHexString()),
  };
}

function signedBy({ tokens }: OpenPlatform, manage: string): Types.ObjectId {
  const id = tokens.read('manage', manage.split('/').at(-1) ?? '');
  if (!id) throw new Error('The mail has no link to what is held');
  return id;
}

async function stylesheetOf({ url }: World): Promise<string> {
  const page = await (await fetch(url)).text();
  return (/href="(\/assets\/css\/site\.css[^"]*)"/.exec(page)?.[1] ?? '').replaceAll('&#x3D;', '=');
}

/** An export that is ready, and the way to its file. */
async function makeExport(
  { env }: World,
  petition: Types.ObjectId,
  organizer: Types.ObjectId,
): Promise<string> {
  const text = 'name\nRobin\n';
  const made = await Export.create({
    ...{ petition, organizer, at: new Date(), kind: 'csv', which: {}, columns: ['name'], why: 'To print it' },
    ...{ file: newExportFile(), parts: [{ bytes: text.length }], readyAt: new Date() },
    expiresAt: new Date(Date.now() + 600_000),
  });
  await writeFile(await partPath(env, made.toObject() as Export), text);
  return `/organize/petitions/${petition.toHexString()}/exports/${made._id.toHexString()}/files/1`;
}
