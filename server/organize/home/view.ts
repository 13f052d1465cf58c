import { formatDate, inWords } from '../../locales.ts';
import { kindWords } from '../../petitions/kinds.ts';
import { type Petition, textIn } from '../../petitions/petition.ts';
import { type Phase, withdrawalOf } from '../../petitions/phase.ts';
import { progressView } from '../../petitions/view.ts';
import type { Count } from '../../tallies/tally.ts';

const phaseNames: Readonly<Record<Phase, string>> = {
  draft: 'Draft',
  upcoming: 'Upcoming',
  open: 'Open',
  closed: 'Closed',
};

/** A petition in the organizers' list. */
export function rowView(petition: Petition, count: Count, now: Date) {
  const { phase } = count.public;
  return {
    id: petition._id.toHexString(),
    title: textIn(petition, petition.language).title,
    lang: petition.language,
    isPublic: phase !== 'draft',
    isOpen: phase === 'open' && !withdrawalOf(petition),
    petitionKind: petition.kind,
    kind: petition.kind === 'petition' ? undefined : kindWords[petition.kind].name,
    phase: withdrawalOf(petition) ? 'Withdrawn' : phaseNames[phase],
    dates: datesInWords(petition, phase, now),
    publicUrl: `/petitions/${petition.slug}`,
    progress: progressView(petition, count),
  };
}

function datesInWords({ opensAt, closesAt, publishedAt, timeZone }: Petition, phase: Phase, now: Date) {
  const say = (word: string, date: Date) =>
    `${word} ${formatDate('en', date, timeZone ?? 'UTC', now)} (${inWords('en', date, now, timeZone ?? 'UTC')})`;
  if (phase === 'draft' && publishedAt) return say('is published on', publishedAt);
  if (phase === 'upcoming' && opensAt) return say('opens on', opensAt);
  if (phase === 'open' && closesAt) return say('closes on', closesAt);
  if (phase === 'closed' && closesAt) return say('since', closesAt);
  return undefined;
}
