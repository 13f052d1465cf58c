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
  for (const hold of queue.querySelectorAll('[data-hold]')) hold.remove();
  queue.addEventListener('focusin', ({ target }) => look(itemOf(target)));
  queue.addEventListener('click', ({ target }) => look(itemOf(target)));
  queue.addEventListener('submit', send);
  document.addEventListener('keydown', press);
  moveTo(open()[0], { scroll: false });
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

/** @param {KeyboardEvent} event */
function press(event) {
  const { key, target, ctrlKey, metaKey, altKey } = event;
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
  action();
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
  const text = /** @type {HTMLElement | null} */ (item.querySelector('[data-claim-text]'));
  if (!text) return;
  const taken = answer?.outcome === 'taken';
  text.hidden = !taken;
  if (taken) text.textContent = `${answer.by} is looking at this. It is free again ${answer.until}.`;
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
  const answer = await post(form.action, new URLSearchParams(/** @type {never} */ (new FormData(form))));
  if (!answer) return form.submit();
  if (answer.outcome === 'approved' || answer.outcome === 'refused') return settle(item, answer.outcome);
  if (answer.outcome === 'undone') return reopen(item);
  complain(item, answer.message ?? 'This could not be done.');
}

/** @param {HTMLElement} item @param {string} outcome */
function settle(item, outcome) {
  const name = item.querySelector('strong')?.textContent ?? '';
  const word = outcome === 'approved' ? 'Approved' : 'Refused';
  const next = open()[open().indexOf(item) + 1] ?? open().find((other) => other !== item);
  item.dataset.done = outcome;
  item.removeAttribute('aria-current');
  complain(item, '');
  const bar = document.createElement('form');
  bar.className = 'moderation-done';
  bar.method = 'post';
  bar.action = (item.dataset.claim ?? '').replace(/claim$/, 'undo');
  bar.dataset.undo = '';
  const said = document.createElement('span');
  said.textContent = `${word}.`;
  const undo = document.createElement('button');
  undo.className = 'link';
  undo.textContent = 'Undo';
  bar.append(said, ' ', undo);
  item.append(bar);
  decided.push(item);
  announce(`${word}: ${name}`);
  current = undefined;
  if (next) moveTo(next);
  else finish();
}

/** Nothing is left on this page: the next ones, or the end. */
function finish() {
  announce('Everything on this page has been looked at.');
  if (document.querySelector('[data-more]')) location.assign(location.pathname);
}

/** @param {HTMLElement} item */
function reopen(item) {
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
