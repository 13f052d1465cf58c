import { Types } from 'mongoose';
import { HttpError } from '../errors.ts';
import { calendarDay, formatDate } from '../locales.ts';
import { formBody, formOf } from '../middleware/form-body.ts';
import type { Exchange, OrganizeRoute } from '../middleware/guard.ts';
import { organizePath, petitionPage } from '../organize/petition-page.ts';
import { showPage } from '../page.ts';
import { Petition } from '../petitions/petition.ts';
import type { Platform } from '../platform.ts';
import { organizerNames } from '../signatures/organize/people.ts';
import { readCount } from '../tallies/tally.ts';
import { correctionForm, entryForm, problemsOf } from './form.ts';
import { addToLedger, correctEntry, type LedgerEntry, ledgerEntries } from './ledger.ts';

type Refusal = { typed: Record<string, string>; errors: Record<string, string>; entry?: string };

/** Offline numbers: what paper and partners add to the public total, entry by entry. */
export function ledgerRoutes(platform: Platform): OrganizeRoute[] {
  const path = '/organize/petitions/:petition/ledger';
  return [
    {
      method: 'get',
      path,
      needs: 'petition.view',
      handle: (request, response, who) => showLedger({ platform, request, response, who }),
    },
    {
      method: 'post',
      path,
      needs: 'signature.import',
      before: [formBody()],
      async handle(request, response, who) {
        const typed = formOf(request);
        const form = entryForm(who.petition.timeZone ?? 'UTC', new Date()).safeParse(typed);
        if (!form.success)
          return refuse({ platform, request, response, who }, { typed, errors: problemsOf(form.error) });
        const { entry, when, ...counted } = form.data;
        // Noon in any zone is the same day; a day has no time of its own.
        const at = new Date(`${when}T12:00:00Z`);
        const _id = entry ? new Types.ObjectId(entry) : undefined;
        await addToLedger(platform, who.petition, who.organizer, { _id, ...counted, at });
        response.redirect(303, `${organizePath(who.petition, 'ledger')}?done=added`);
      },
    },
    {
      method: 'post',
      path: `${path}/:entry/correction`,
      needs: 'signature.import',
      before: [formBody()],
      handle: (request, response, who) => correct({ platform, request, response, who }),
    },
  ];
}

async function correct(exchange: Exchange): Promise<void> {
  const { platform, request, response, who } = exchange;
  const typed = formOf(request);
  const entry = String(request.params.entry);
  const form = correctionForm.safeParse(typed);
  const refuseWith = (errors: Record<string, string>) => refuse(exchange, { typed, errors, entry });
  if (!form.success) return refuseWith(problemsOf(form.error));
  const { outcome } = await correctEntry(platform, who.petition, who.organizer, entry, form.data);
  if (outcome === 'unknown') throw new HttpError(404);
  if (outcome === 'same') return refuseWith({ number: 'This is the number it has already.' });
  if (outcome === 'changed')
    return refuseWith({
      number: 'Somebody else changed this meanwhile. Look at it again before you correct it.',
    });
  response.redirect(303, `${organizePath(who.petition, 'ledger')}?done=corrected`);
}

const refuse = (exchange: Exchange, refusal: Refusal): Promise<void> =>
  showLedger({ ...exchange, response: exchange.response.status(422) }, refusal);

async function showLedger({ platform, request, response, who }: Exchange, refusal?: Refusal): Promise<void> {
  const now = new Date();
  const petition = await Petition.findById(who.petition._id).lean<Petition>();
  if (!petition) throw new HttpError(404);
  const count = await readCount(petition, now);
  const names = await organizerNames(
    platform,
    petition.ledger.map(({ organizer }) => organizer),
  );
  showPage(request, response, 'organize/ledger/index', {
    ...petitionPage(platform, who, 'Offline numbers', 'signatures'),
    entries: entriesView(petition, names, refusal),
    count,
    newEntry: new Types.ObjectId().toHexString(),
    today: calendarDay(now, petition.timeZone ?? 'UTC'),
    typed: refusal?.entry ? {} : (refusal?.typed ?? {}),
    errors: refusal?.entry ? undefined : refusal?.errors,
    done: ['added', 'corrected'].find((done) => done === request.query.done),
    width: 'narrow',
  });
}

type Shown = Pick<LedgerEntry, 'at' | 'recordedAt' | 'who' | 'source' | 'number' | 'organizer' | 'why'>;

/** Every entry, the latest first, with its corrections below it. */
function entriesView(petition: Petition, names: Map<string, string>, refusal?: Refusal) {
  const view = ({ at, recordedAt, who, source, number, organizer, why }: Shown) => ({
    at: formatDate('en', at),
    recordedAt: recordedAt && formatDate('en', recordedAt),
    by: names.get(String(organizer)),
    ...{ who, source, number, why },
    sign: number > 0 ? '+' : '',
  });
  return ledgerEntries(petition)
    .map(({ counted, corrections, ...entry }) => {
      const id = String(entry._id);
      const mine = refusal?.entry === id ? refusal : undefined;
      return {
        ...view(entry),
        ...{ id, counted, corrections: corrections.map(view) },
        typed: mine?.typed,
        errors: mine?.errors,
      };
    })
    .reverse();
}
