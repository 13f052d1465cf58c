import type { Letter } from '../server/letters/letter.ts';
import { type Target, targetLanguage } from '../server/letters/target.ts';
import { letterOf } from '../server/letters/view.ts';
import { translate } from '../server/locales.ts';
import { mailFrame } from '../server/mailings/signer-mail.ts';
import type { Petition } from '../server/petitions/petition.ts';
import type { Platform } from '../server/platform.ts';
import type { Signature } from '../server/signatures/signature.ts';
import { openField } from '../server/signatures/view.ts';
import type { Views } from '../server/views.ts';
import { messageIdOf } from './mail.ts';
import type { Mail } from './mailer.ts';

type Tools = Pick<Platform, 'env' | 'vault' | 'tokens'> & { views: Views };
type Written = { letter: Letter; signature: Signature };

/** What a letter says and who wrote it; undefined where the person or the letter is gone. */
function contentOf(tools: Pick<Platform, 'vault'>, signature: Signature) {
  const words = letterOf(tools, signature);
  const name = openField(tools, signature, 'name');
  const email = openField(tools, signature, 'email');
  if (!words || !name || !email) return undefined;
  return { ...words, name, email, postalCode: openField(tools, signature, 'postalCode') };
}

type Content = NonNullable<ReturnType<typeof contentOf>>;

/** Those whose writers are there, with what they wrote. */
export const withContent = (tools: Pick<Platform, 'vault'>, written: readonly Written[]) =>
  written.flatMap((one) => {
    const content = contentOf(tools, one.signature);
    return content ? [{ ...one, content }] : [];
  });

const frameOf = (tools: Tools, petition: Petition, target: Target) => {
  const lang = targetLanguage(target);
  const salutation = target.salutation || translate(lang, 'mail.letter.salutation', { name: target.name });
  return { ...mailFrame(tools, petition, lang), group: petition.group?.name ?? '', salutation };
};

/**
 * One person's letter to one target: from our own address, so that it passes DMARC, under the writer's name, and
 * answered to the writer. Plain text, without anything that tells whether it was read.
 */
export function composeLetter(
  tools: Tools,
  petition: Petition,
  target: Target,
  { letter, content }: { letter: Letter; content: Content },
): Mail {
  const context = { ...frameOf(tools, petition, target), ...content };
  const { lang, group } = context;
  return {
    to: target.address,
    fromName: translate(lang, 'mail.letter.from', { name: content.name, group }),
    replyTo: { name: content.name, address: content.email },
    subject: content.subject,
    text: tools.views.render('mail/letter.text', context),
    messageId: messageIdOf(`letter:${letter._id}`, tools.env.BASE_URL),
  };
}

/** A day's letters to one target in one mail, each with the address of whoever wrote it. */
export function composeDigest(
  tools: Tools,
  petition: Petition,
  target: Target,
  written: readonly { letter: Letter; content: Content }[],
): Mail {
  const frame = frameOf(tools, petition, target);
  const count = written.length;
  const letters = written.map(({ content }, i) => ({ ...content, number: i + 1 }));
  return {
    to: target.address,
    fromName: frame.group,
    subject: translate(frame.lang, 'mail.letters.subject', { count, title: frame.petition.title }),
    text: tools.views.render('mail/letters.text', { ...frame, letters, count }),
    messageId: messageIdOf(`letters:${written[0]?.letter.batch}`, tools.env.BASE_URL),
  };
}
