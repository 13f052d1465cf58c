import { letterLimits } from '../../../config/limits.ts';
import { HttpError } from '../../errors.ts';
import { formBody, formOf } from '../../middleware/form-body.ts';
import type { Exchange, OrganizeRoute } from '../../middleware/guard.ts';
import { showPage } from '../../page.ts';
import { Petition } from '../../petitions/petition.ts';
import type { Platform } from '../../platform.ts';
import { settingsView } from '../../representatives/organize/settings.ts';
import { type Problems, readSettings } from './form.ts';
import { targetImportRoutes } from './import/routes.ts';
import { letterPage } from './page.ts';
import { saveLetter } from './save.ts';
import { targetRoutes } from './targets/routes.ts';
import { letterPath, settingsFormView, targetFormView, targetsView, writersView } from './view.ts';

const path = '/organize/petitions/:petition/letter';

/** What a letter says and to whom it goes; how many have gone out, and what came back. */
export function letterRoutes(platform: Platform): OrganizeRoute[] {
  return [
    {
      method: 'get',
      path,
      needs: 'petition.view',
      handle: (request, response, who) => showLetter({ platform, request, response, who }),
    },
    {
      method: 'post',
      path,
      needs: 'petition.edit',
      before: [formBody(letterLimits.formBytes)],
      handle: (request, response, who) => save({ platform, request, response, who }),
    },
    // Before `/targets/:target`, which would take `preview` for one.
    ...targetImportRoutes(platform),
    ...targetRoutes(platform),
  ];
}

async function save(exchange: Exchange): Promise<void> {
  const { request, response, who } = exchange;
  mustBeLetter(who.petition);
  const typed = formOf(request);
  const read = readSettings(who.petition, typed);
  const again = (status: number, shown: Shown) =>
    showLetter({ ...exchange, response: response.status(status) }, shown);
  if (read.outcome === 'refused') return again(422, { typed, problems: read.problems });
  const outcome = await saveLetter(who.petition, read.form, who.organizer);
  if (outcome === 'saved') return response.redirect(303, `${letterPath(who.petition)}?done=saved`);
  const latest = (await Petition.findById(who.petition._id).lean<Petition>()) ?? who.petition;
  const revision = String(latest.letter?.revision ?? 0);
  await again(409, { typed: { ...typed, revision }, saved: latest });
}

function mustBeLetter({ kind }: Pick<Petition, 'kind'>): void {
  if (kind !== 'letter') throw new HttpError(404);
}

type Shown = {
  typed?: Record<string, string>;
  problems?: Problems;
  /** What somebody else saved while this was typed. */
  saved?: Petition;
};

const doneWords: Readonly<Record<string, string>> = {
  saved: 'Saved. Whoever writes from now on begins with this.',
  added: 'Added to the list.',
  removed: 'Taken off the list. What waited for it is stopped.',
};

async function showLetter({ platform, request, response, who }: Exchange, shown: Shown = {}): Promise<void> {
  const { petition } = who;
  mustBeLetter(petition);
  const { typed, problems, saved } = shown;
  const added = /^\d{1,3}$/.test(String(request.query.imported)) ? String(request.query.imported) : undefined;
  showPage(request, response, 'organize/letters/show', {
    ...letterPage(platform, who, 'The letter'),
    settings: settingsFormView(petition, typed, problems),
    saved: saved && settingsFormView(saved),
    targets: await targetsView(petition),
    writers: await writersView(petition, new Date()),
    newTarget: targetFormView(petition, {}),
    representativesSettings: who.may('petition.edit') ? await settingsView(petition) : undefined,
    done: added ? `${added} added to the list.` : doneWords[String(request.query.done)],
    mostTargets: letterLimits.targets,
  });
}
