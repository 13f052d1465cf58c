/** What each action did, as the end of a sentence that begins with who. Those not here are read from their names. */
const sentences: Readonly<Record<string, string>> = {
  'ledger.add': 'added signatures on paper or from a partner',
  'ledger.correct': 'corrected signatures on paper or from a partner',
  'moderation.setting': 'changed when comments are shown',
  'moderation.undo': 'took a moderation back',
  'organizer.accept': 'accepted the invitation',
  'organizer.end': 'ended an account',
  'organizer.invite': 'invited somebody',
  'organizer.inviteAgain': 'sent an invitation again',
  'organizer.rename': 'changed their name or language',
  'organizer.return': 'let somebody return',
  'organizer.role': 'changed a role',
  'passkey.add': 'added a passkey',
  'passkey.remove': 'removed a passkey',
  'passkey.rename': 'renamed a passkey',
  'petition.copy': 'copied a petition',
  'petition.create': 'created a petition',
  'petition.edit': 'edited a petition',
  'petition.teamAdd': 'added somebody to a petition’s team',
  'petition.teamRemove': 'took somebody off a petition’s team',
  'petition.teamRole': 'changed a role on a petition',
  'session.begin': 'signed in',
  'session.end': 'signed out',
  'session.endOthers': 'signed out everywhere else',
  'signature.invalidate': 'invalidated signatures',
  'signature.release': 'released held signatures',
  'signature.resend': 'sent confirmation mails again',
  'signature.restore': 'restored signatures',
  'signature.undo': 'took a change of signatures back',
  'signature.withdraw': 'withdrew signatures',
  'task.cancel': 'cancelled long work',
  'task.pause': 'paused long work',
  'task.resume': 'resumed long work',
  'update.change': 'changed an update',
  'update.discard': 'discarded an update',
  'update.hide': 'hid an update',
  'update.publish': 'published an update',
  'update.send': 'sent an update',
  'update.write': 'wrote an update',
};

/** `petition.publish` reads as `petition: publish` where there is no sentence for it. */
export const actionSentence = (action: string): string =>
  sentences[action] ??
  action
    .replaceAll(/(?<=[a-z])(?=[A-Z])/g, ' ')
    .replace('.', ': ')
    .toLowerCase();
