/** What each action did, as the end of a sentence that begins with who. Those not here are read from their names. */
const sentences: Readonly<Record<string, string>> = {
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
  'petition.teamAdd': 'added somebody to a petition’s team',
  'petition.teamRemove': 'took somebody off a petition’s team',
  'petition.teamRole': 'changed a role on a petition',
  'session.begin': 'signed in',
  'session.end': 'signed out',
  'session.endOthers': 'signed out everywhere else',
  'task.cancel': 'cancelled long work',
  'task.pause': 'paused long work',
  'task.resume': 'resumed long work',
};

/** `petition.publish` reads as `petition: publish` where there is no sentence for it. */
export const actionSentence = (action: string): string =>
  sentences[action] ??
  action
    .replaceAll(/(?<=[a-z])(?=[A-Z])/g, ' ')
    .replace('.', ': ')
    .toLowerCase();
