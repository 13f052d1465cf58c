/**
 * Moves the progress of long work. When its state changes the page is loaded anew, with the buttons and the result
 * that go with it.
 */

/** @typedef {{ name: string, value: string }} Fact */

const EVERY = 1_000;
const AFTER_TROUBLE = 5_000;
const ANNOUNCE_EVERY = 15_000;

const section = /** @type {HTMLElement | null} */ (document.querySelector('[data-task]'));
if (section) follow(section);

/** @param {HTMLElement} place */
function follow(place) {
  const { task: url = '', state } = place.dataset;
  let announcedAt = Date.now();

  async function look() {
    let wait = document.hidden ? AFTER_TROUBLE : EVERY;
    try {
      const answer = await fetch(url, { headers: { accept: 'application/json' } });
      if ([401, 403, 404].includes(answer.status)) return window.location.reload();
      if (!answer.ok) throw new Error(answer.statusText);
      const task = await answer.json();
      const goesOn = task.state === state || (state === 'waiting' && task.state === 'running');
      if (!goesOn) return window.location.reload();
      show(task);
    } catch {
      // Offline or restarting: the next turn tries again.
      wait = AFTER_TROUBLE;
    }
    window.setTimeout(look, wait);
  }

  /** @param {{ stateName: string, progress: string, percent?: number, result: { facts: Fact[] } }} task */
  function show({ stateName, progress, percent, result }) {
    const bar = /** @type {HTMLProgressElement} */ (place.querySelector('[data-bar]'));
    if (percent !== undefined) bar.value = percent;
    write('[data-state-name]', stateName);
    write('[data-progress]', progress);
    showFacts(result.facts);
    if (Date.now() - announcedAt < ANNOUNCE_EVERY) return;
    announcedAt = Date.now();
    write('[data-announce]', `${stateName}: ${progress}`);
  }

  /** @param {Fact[]} facts */
  function showFacts(facts) {
    const list = /** @type {HTMLElement} */ (place.querySelector('[data-facts]'));
    list.hidden = facts.length === 0;
    list.replaceChildren(...facts.map(lineOf));
  }

  /** @param {string} where @param {string} text */
  function write(where, text) {
    const element = place.querySelector(where);
    if (element && element.textContent !== text) element.textContent = text;
  }

  window.setTimeout(look, EVERY);
}

/** @param {Fact} fact */
function lineOf({ name, value }) {
  const line = document.createElement('div');
  for (const [tag, text] of [
    ['dt', name],
    ['dd', value],
  ]) {
    const part = document.createElement(tag);
    part.textContent = text;
    line.append(part);
  }
  return line;
}
