/** Every role can do what the ones before it can. */
export const roles = ['viewer', 'moderator', 'editor', 'owner'] as const;
export type Role = (typeof roles)[number];

/** Everything an organizer can do, and the least role it takes. Routes and views both read this table. */
export const leastRole = {
  'petition.view': 'viewer',
  'petition.edit': 'editor',
  'petition.publish': 'editor',
  'petition.team': 'owner',
  'signature.view': 'moderator',
  'signature.change': 'editor',
  'signature.import': 'editor',
  'signature.export': 'editor',
  'comment.moderate': 'moderator',
  'campaign.edit': 'editor',
  'campaign.publish': 'editor',
  'update.write': 'editor',
  'update.send': 'editor',
  'representatives.change': 'editor',
  'newsletter.view': 'viewer',
  'newsletter.moderate': 'moderator',
  'newsletter.write': 'editor',
  'newsletter.send': 'editor',
  'newsletter.people': 'editor',
  'organizer.manage': 'owner',
  'audit.view': 'owner',
} as const satisfies Record<string, Role>;

export type Action = keyof typeof leastRole;

/** Actions that belong to no petition: a place in a petition's team does not give them. */
const siteWide: ReadonlySet<Action> = new Set([
  ...(['organizer.manage', 'audit.view', 'petition.team'] as const),
  ...(['campaign.edit', 'campaign.publish'] as const),
  ...(['newsletter.view', 'newsletter.moderate', 'newsletter.write'] as const),
  ...(['newsletter.send', 'newsletter.people'] as const),
]);

type Membership = { role: Role; _id: { equals(id: unknown): boolean } };
type Team = { team?: { organizer: unknown; role: Role }[] | null };

/** The strongest of the organizer's role everywhere and their role in the petition's team. */
export function roleOn(organizer: Membership, petition?: Team): Role {
  const member = petition?.team?.find((entry) => organizer._id.equals(entry.organizer));
  return member && roles.indexOf(member.role) > roles.indexOf(organizer.role) ? member.role : organizer.role;
}

export function mayDo(organizer: Membership, action: Action, petition?: Team): boolean {
  const role = roleOn(organizer, siteWide.has(action) ? undefined : petition);
  return roles.indexOf(role) >= roles.indexOf(leastRole[action]);
}

/** Each action as a sentence about it begins: `To ... it takes an editor.` */
export const actionNames: Readonly<Record<Action, string>> = {
  'petition.view': 'see petitions',
  'petition.edit': 'write and change petitions',
  'petition.publish': 'publish, close and reopen petitions',
  'petition.team': 'choose who works on a petition',
  'signature.view': 'look at signatures',
  'signature.change': 'change signatures',
  'signature.import': 'add paper signatures',
  'signature.export': 'export signatures',
  'comment.moderate': 'moderate comments and names',
  'campaign.edit': 'write campaigns and choose their petitions',
  'campaign.publish': 'publish campaigns',
  'update.write': 'write updates',
  'update.send': 'send updates',
  'representatives.change': 'change the table of representatives',
  'newsletter.view': 'see the newsletter and its numbers',
  'newsletter.moderate': 'moderate what readers of the newsletter write',
  'newsletter.write': 'write issues of the newsletter',
  'newsletter.send': 'send issues of the newsletter',
  'newsletter.people': 'invite readers of the newsletter and export their addresses',
  'organizer.manage': 'decide who may come in',
  'audit.view': 'read the log',
};

/** What a role is for, where one is chosen. */
export const roleNames: Readonly<Record<Role, string>> = {
  viewer: 'Viewer: sees petitions and their numbers',
  moderator: 'Moderator: also looks at signatures and moderates comments',
  editor: 'Editor: also writes, publishes, changes signatures, exports and sends updates',
  owner: 'Owner: also decides who may come in, and reads the log',
};
