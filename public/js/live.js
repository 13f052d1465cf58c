/**
 * Moves the count and the bar of a petition as signatures are confirmed.
 * Server-sent events while the page is visible; count.json every 15 s or so when the stream cannot be had.
 */

/** @typedef {{ count: number, goal: number, phase: string, updatedAt: string, organisations?: number, people?: number }} Count */

const POLL_EVERY = 15_000;
const STREAM_AGAIN_AFTER = 120_000;
const ANNOUNCE_EVERY = 30_000;

const language = document.documentElement.lang;
const numbers = new Intl.NumberFormat(language);
const plurals = new Intl.PluralRules(language);

for (const section of document.querySelectorAll('[data-live]')) follow(/** @type {HTMLElement} */ (section));

/** @param {HTMLElement} section */
function follow(section) {
  const { live: eventsUrl = '', countUrl = '' } = section.dataset;
  /** @type {EventSource | undefined} */
  let stream;
  /** @type {number | undefined} */
  let timer;

  const show = counter(section);

  function listen() {
    stream = new EventSource(eventsUrl);
    stream.addEventListener('count', (event) => show(JSON.parse(event.data)));
    stream.addEventListener('error', () => {
      // The browser reconnects by itself, unless the server turned it away.
      if (stream?.readyState !== EventSource.CLOSED) return;
      stream = undefined;
      poll(Date.now() + STREAM_AGAIN_AFTER);
    });
  }

  /** @param {number} until when to try the stream again */
  async function poll(until) {
    try {
      const answer = await fetch(countUrl, { headers: { accept: 'application/json' } });
      if (answer.ok) show(await answer.json());
    } catch {
      // Offline or restarting: the next turn tries again.
    }
    if (document.hidden) return;
    const jitter = 0.75 + Math.random() / 2;
    timer = window.setTimeout(() => (Date.now() > until ? listen() : poll(until)), POLL_EVERY * jitter);
  }

  function start() {
    if (eventsUrl && 'EventSource' in window) listen();
    else if (countUrl) poll(Number.POSITIVE_INFINITY);
  }

  function stop() {
    stream?.close();
    stream = undefined;
    window.clearTimeout(timer);
  }

  document.addEventListener('visibilitychange', () => {
    stop();
    if (!document.hidden) start();
  });
  window.addEventListener('pagehide', stop);
  window.addEventListener('pageshow', (event) => {
    if (event.persisted) start();
  });
  if (!document.hidden) start();
}

/**
 * @param {HTMLElement} section
 * @returns {(count: Count) => void}
 */
function counter(section) {
  const total = /** @type {HTMLElement} */ (section.querySelector('[data-count]'));
  const announce = announcer(section);
  return (told) => {
    const { count, goal } = told;
    if (!Number.isFinite(count) || !Number.isFinite(goal)) return;
    showPart(section, 'organisations', told.organisations);
    showPart(section, 'people', told.people);
    if (count === Number(total.dataset.count) && goal === Number(section.dataset.goal)) return;
    section.dataset.goal = String(goal);
    total.dataset.count = String(count);
    total.textContent = numbers.format(count);
    total.classList.remove('count-moved');
    requestAnimationFrame(() => total.classList.add('count-moved'));

    const word = /** @type {HTMLElement | null} */ (section.querySelector('[data-count-word]'));
    if (word) word.textContent = word.dataset[plurals.select(count)] ?? word.dataset.other ?? '';

    const bar = /** @type {HTMLProgressElement | null} */ (section.querySelector('[data-bar]'));
    if (bar) {
      bar.value = Math.min(100, Math.floor((count / goal) * 100));
      bar.classList.toggle('bar-reached', count >= goal);
    }
    fill(section, '[data-online-text]', count - Number(section.dataset.offline || 0));
    fill(section, '[data-goal-text]', goal);
    const remaining = fill(section, '[data-remaining-text]', Math.max(0, goal - count));
    if (remaining && count >= goal) remaining.textContent = remaining.dataset.reached ?? '';
    announce(count, goal);
  };
}

/**
 * One of the numbers that an open letter has instead of a total.
 * @param {HTMLElement} section
 * @param {string} name
 * @param {number | undefined} number
 */
function showPart(section, name, number) {
  const part = /** @type {HTMLElement | null} */ (section.querySelector(`[data-part="${name}"]`));
  if (!part || number === undefined || !Number.isFinite(number)) return;
  part.hidden = number === 0 && !('always' in part.dataset);
  const [digits, word] = ['number', 'word'].map((what) => part.querySelector(`[data-part-${what}]`));
  if (digits) digits.textContent = numbers.format(number);
  if (word) word.textContent = part.dataset[plurals.select(number)] ?? part.dataset.other ?? '';
}

/**
 * @param {HTMLElement} section
 * @param {string} selector
 * @param {number} number
 */
function fill(section, selector, number) {
  const element = /** @type {HTMLElement | null} */ (section.querySelector(selector));
  if (element)
    element.textContent = (element.dataset.pattern ?? '{n}').replace('{n}', numbers.format(number));
  return element;
}

/**
 * Says the newest count to screen readers, at most once in a while.
 * @param {HTMLElement} section
 * @returns {(count: number, goal: number) => void}
 */
function announcer(section) {
  const region = /** @type {HTMLElement | null} */ (section.querySelector('[data-announce]'));
  /** @type {string | undefined} */
  let waiting;
  let lastSaid = 0;
  function say() {
    if (!region || waiting === undefined) return;
    region.textContent = waiting;
    waiting = undefined;
    lastSaid = Date.now();
  }
  return (count, goal) => {
    const alreadyWaiting = waiting !== undefined;
    waiting = (region?.dataset.pattern ?? '{n}')
      .replace('{n}', numbers.format(count))
      .replace('{goal}', numbers.format(goal));
    if (!alreadyWaiting) window.setTimeout(say, Math.max(0, lastSaid + ANNOUNCE_EVERY - Date.now()));
  };
}
