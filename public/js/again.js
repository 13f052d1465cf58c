/**
 * For a page that says that too many people are here: sends the form again by itself after a while, longer each time, and
 * lets people stop that. Where the page does not hold the form, it is what sign.js kept in this tab.
 */

const FORM = 'undersigned.form';
const longest = 4;

/** @typedef {{ action: string, fields: [string, string][], tries: number }} Kept */

const kept = readKept();
const pages = /** @type {HTMLElement[]} */ ([...document.querySelectorAll('[data-busy-page]')]);
const lang = kept?.fields.find(([name]) => name === 'lang')?.[1];
const page = pages.find((one) => one.lang === lang) ?? pages[0];
const form = page?.querySelector('form');
if (page && form && (kept || form.hasAttribute('action'))) {
  if (!form.hasAttribute('action') && kept) {
    for (const other of pages) other.hidden = other !== page;
    fill(page, form, kept);
  }
  tryAgain(page, form);
}

/** @returns {Kept | undefined} */
function readKept() {
  try {
    return JSON.parse(sessionStorage.getItem(FORM) ?? '') ?? undefined;
  } catch {
    // Nothing was stored, or storage is switched off.
    return undefined;
  }
}

/**
 * @param {HTMLElement} page
 * @param {HTMLFormElement} form
 * @param {Kept} kept
 */
function fill(page, form, { action, fields }) {
  form.action = action;
  for (const [name, value] of fields) {
    const field = document.createElement('textarea');
    Object.assign(field, { name, value, hidden: true });
    form.append(field);
  }
  form.hidden = false;
  /** @type {HTMLElement} */ (page.querySelector('[data-without-form]')).hidden = true;
  /** @type {HTMLElement} */ (page.querySelector('[data-with-form]')).hidden = false;
}

/**
 * @param {HTMLElement} page
 * @param {HTMLFormElement} form
 */
function tryAgain(page, form) {
  const panel = /** @type {HTMLElement} */ (page.querySelector('[data-again]'));
  const clock = /** @type {HTMLElement} */ (page.querySelector('[data-again-in]'));
  const stopped = /** @type {HTMLElement} */ (page.querySelector('[data-again-stopped]'));
  const stopButton = /** @type {HTMLElement} */ (page.querySelector('[data-again-stop]'));
  const end = Date.now() + wait(panel.dataset.again ?? '');
  const ticking = setInterval(tick, 1_000);
  const stop = () => {
    clearInterval(ticking);
    clock.hidden = true;
    stopButton.hidden = true;
  };

  function tick() {
    const left = Math.ceil((end - Date.now()) / 1_000);
    clock.textContent = (clock.dataset.againIn ?? '').replace('{n}', String(Math.max(0, left)));
    if (left <= 0) form.requestSubmit();
  }

  stopButton.addEventListener('click', () => {
    stop();
    stopped.textContent = stopped.dataset.againStopped ?? '';
    stopped.tabIndex = -1;
    stopped.focus();
  });
  form.addEventListener('submit', () => {
    stop();
    countTry();
  });
  // Somebody who comes back to this page may have signed meanwhile.
  window.addEventListener('pagehide', stop);
  offerForm(page);
  panel.hidden = false;
  tick();
}

/**
 * Milliseconds; not all at once, and less and less often.
 * @param {string} seconds
 */
function wait(seconds) {
  const [from = 5, to = 15] = seconds.split('-').map(Number);
  return 1_000 * (from + Math.random() * (to - from)) * Math.min(longest, 2 ** (kept?.tries ?? 0));
}

function countTry() {
  if (kept) sessionStorage.setItem(FORM, JSON.stringify({ ...kept, tries: kept.tries + 1 }));
}

/** @param {HTMLElement} page */
function offerForm(page) {
  const back = /** @type {HTMLAnchorElement} */ (page.querySelector('[data-again-back]'));
  if (!kept?.action.match(/\/signatures(\?|$)/)) return;
  back.href = `${kept.action.replace(/\/signatures(\?.*)?$/, '')}${lang ? `?lang=${lang}` : ''}#sign`;
  back.hidden = false;
}
