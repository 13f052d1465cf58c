/** The moderators' queue by keyboard, without loading the page for every decision. */

const queue = /** @type {HTMLElement | null} */ (document.querySelector('[data-queue]'));
const keysOn = /** @type {HTMLInputElement | null} */ (document.querySelector('[data-keys-on]'));
const announcer = document.querySelector('[data-announce]');
const remembered = 'moderation-keys';

/** @type {HTMLElement | undefined} */
let current;
/** @type {HTMLElement[]} Decided items, the latest last. */
const decided = [];

if (queue && keysOn) {
  if (window.matchMedia('(hover: hover)').matches) keysOn.closest('details')?.setAttribute('open', '');
  keysOn.checked = localStorage.getItem(remembered) !== 'off';
  keysOn.addEventListener('change', () => localStorage.setItem(remembered, keysOn.checked ? 'on' : 'off'));
  // The item at hand is held by being at hand.
  for (const hold of queue.querySelectorAll('[data-hold]')) hold.remove();
  queue.addEventListener('focusin', ({ target }) => look(itemOf(target)));
  queue.addEventListener('click', ({ target }) => look(itemOf(target)));
  queue.addEventListener('submit', send);
  document.addEventListener('keydown', press);
  window.addEventListener('pagehide', letGo);
  moveTo(open().find(isFree) ?? open()[0], { scroll: false });
}

/** @param {EventTarget | null} target @returns {HTMLElement | undefined} */
function itemOf(target) {
  const item = target instanceof Element ? target.closest('[data-item]') : null;
  return item instanceof HTMLElement ? item : undefined;
}

/** Items nobody has decided on here. */
function open() {
  return /** @type {HTMLElement[]} */ ([...document.querySelectorAll('[data-item]:not([data-done])')]);
}

/** No colleague is looking at it, as far as this page knows. @param {HTMLElement} item */
function isFree(item) {
  return takenText(item)?.textContent === '';
}

/** @param {HTMLElement} item */
function takenText(item) {
  return /** @type {HTMLElement | null} */ (item.querySelector('[data-taken]'));
}

/** @param {KeyboardEvent} event */
function press(event) {
  const { key, target, ctrlKey, metaKey, altKey, repeat } = event;
  const inField = target instanceof Element && target.closest('input, select, textarea');
  if (key === 'Escape' && current) {
    current.querySelector('[data-refuse]')?.removeAttribute('open');
    moveTo(current);
    return;
  }
  if (!keysOn?.checked || ctrlKey || metaKey || altKey || inField) return;
  /** @type {Record<string, () => void>} */
  const actions = { j: () => step(1), k: () => step(-1), a: approve, r: refuse, u: undoLast };
  const action = actions[key];
  if (!action) return;
  event.preventDefault();
  // A key that is held down must not decide on everything below.
  if (!repeat || key === 'j' || key === 'k') action();
}

/** @param {1 | -1} way */
function step(way) {
  const items = open();
  const at = current ? items.indexOf(current) : -1;
  moveTo(items[Math.min(Math.max(at + way, 0), items.length - 1)]);
}

function approve() {
  const form = current?.querySelector('[data-approve]')?.closest('form');
  if (form && !current?.dataset.done) form.requestSubmit();
}

function refuse() {
  const details = current?.querySelector('[data-refuse]');
  if (!details || current?.dataset.done) return;
  details.setAttribute('open', '');
  /** @type {HTMLElement | null} */ (details.querySelector('select'))?.focus();
}

/** @param {HTMLElement | undefined} item */
function moveTo(item, { scroll = true } = {}) {
  if (!item) return;
  item.focus({ preventScroll: !scroll });
  look(item);
}

/** Marks the item that keys act on, and keeps colleagues off it. @param {HTMLElement | undefined} item */
async function look(item) {
  if (!item || item === current || item.dataset.done) return;
  current?.removeAttribute('aria-current');
  current = item;
  item.setAttribute('aria-current', 'true');
  await claim(item);
}

/** @param {HTMLElement} item */
async function claim(item) {
  const answer = await post(item.dataset.claim ?? '');
  if (answer) showTaken(item, answer.outcome === 'taken' ? answer.message : '');
}

/** @param {HTMLElement} item @param {string} message */
function showTaken(item, message) {
  const place = takenText(item);
  if (!place) return;
  place.textContent = message;
  // Not beside a complaint that says the same.
  place.hidden = message === '' || item.querySelector('[data-problem]:not([hidden])') !== null;
}

/** Whoever leaves the page leaves the item to the others. */
function letGo() {
  if (current?.dataset.claim)
    navigator.sendBeacon(current.dataset.claim.replace(/claim$/, 'release'), new URLSearchParams());
}

// A lease that nobody renews runs out after two minutes.
window.setInterval(() => {
  if (current && !current.dataset.done && document.visibilityState === 'visible') claim(current);
}, 60_000);

/** @param {SubmitEvent} event */
async function send(event) {
  const form = /** @type {HTMLFormElement} */ (event.target);
  const item = itemOf(form);
  if (!item || !form.matches('[data-decide], [data-undo]')) return;
  event.preventDefault();
  if (item.dataset.busy) return;
  item.dataset.busy = 'yes';
  const answer = await post(form.action, new URLSearchParams(/** @type {never} */ (new FormData(form))));
  delete item.dataset.busy;
  if (!answer) return form.submit();
  answered(item, answer);
}

/** @param {HTMLElement} item @param {{ outcome: string, message?: string }} answer */
function answered(item, { outcome, message = 'This could not be done.' }) {
  complain(item, '');
  if (outcome === 'approved') close(item, 'Approved.', true);
  else if (outcome === 'refused') close(item, 'Refused.', true);
  else if (outcome === 'merged') close(item, 'Merged.', true);
  else if (outcome === 'settled' || outcome === 'gone') close(item, message, false);
  else if (outcome === 'undone') reopen(item);
  else complain(item, message);
  if (outcome === 'taken') showTaken(item, message);
}

/** It needs nobody any more; goes on to the next. @param {HTMLElement} item @param {string} says @param {boolean} canUndo */
function close(item, says, canUndo) {
  const items = open();
  const behind = items.slice(items.indexOf(item) + 1);
  const next = [...behind.filter(isFree), ...items.filter(isFree), ...behind].find((other) => other !== item);
  item.dataset.done = 'yes';
  item.removeAttribute('aria-current');
  showTaken(item, '');
  item.append(endOf(item, says, canUndo));
  if (canUndo) decided.push(item);
  announce(`${says} ${item.querySelector('strong')?.textContent ?? ''}`);
  current = undefined;
  if (next) moveTo(next);
  else finish();
}

/** What became of an item, with the way back. @param {HTMLElement} item @param {string} says @param {boolean} canUndo */
function endOf(item, says, canUndo) {
  const end = document.createElement('form');
  end.className = 'moderation-done';
  end.method = 'post';
  end.action = (item.dataset.claim ?? '').replace(/claim$/, 'undo');
  end.dataset.undo = '';
  const said = document.createElement('span');
  said.textContent = says;
  end.append(said);
  if (!canUndo) return end;
  const undo = document.createElement('button');
  undo.className = 'link';
  undo.textContent = 'Undo';
  end.append(' ', undo);
  return end;
}

/** Nothing is left on this page: the next ones, or the end. */
function finish() {
  announce('Everything on this page has been looked at.');
  if (document.querySelector('[data-more]')) location.assign(location.pathname);
  else showFinished(true);
}

/** @param {boolean} isFinished */
function showFinished(isFinished) {
  const place = /** @type {HTMLElement | null} */ (document.querySelector('[data-finished]'));
  if (place) place.hidden = !isFinished;
}

/** @param {HTMLElement} item */
function reopen(item) {
  showFinished(false);
  item.querySelector('[data-undo]')?.remove();
  item.querySelector('[data-refuse]')?.removeAttribute('open');
  delete item.dataset.done;
  decided.splice(decided.indexOf(item), 1);
  announce('It is back in the queue.');
  moveTo(item);
}

function undoLast() {
  const form = decided.at(-1)?.querySelector('[data-undo]');
  if (form instanceof HTMLFormElement) form.requestSubmit();
}

/** @param {HTMLElement} item @param {string} message */
function complain(item, message) {
  const place = /** @type {HTMLElement | null} */ (item.querySelector('[data-problem]'));
  if (!place) return;
  place.textContent = message;
  place.hidden = message === '';
}

/** @param {string} message */
function announce(message) {
  if (announcer) announcer.textContent = message;
}

/** What the server says; undefined where it cannot be reached or the session has ended. @param {string} url */
async function post(url, body = new URLSearchParams()) {
  try {
    const response = await fetch(url, { method: 'POST', body, headers: { accept: 'application/json' } });
    return response.ok || response.status === 409 || response.status === 422
      ? await response.json()
      : undefined;
  } catch {
    return undefined;
  }
}
