/**
 * Moves a dashboard's numbers and charts as they change, from the event stream of the page; says when it cannot.
 * The server words and draws everything: a snapshot holds texts, rows and paths by the names of their places.
 */

/** @typedef {{ cells: string[], hasBar?: boolean, percent?: number }} Row */
/** @typedef {{ width: number, bars: string, partial: string, top: string, half: string, ticks: string[], description: string }} Chart */
/** @typedef {{ texts: Record<string, string>, meters: Record<string, number>, shows: Record<string, boolean>, charts: Record<string, Chart>, rows: Record<string, Row[]> }} Live */

const AGAIN_AFTER = 15_000;
const numbers = new Intl.NumberFormat('en-CA');

const root = /** @type {HTMLElement | null} */ (document.querySelector('[data-dashboard]'));
if (root) {
  follow(root);
  for (const chart of root.querySelectorAll('[data-chart]')) readOut(/** @type {HTMLElement} */ (chart));
}

/** @param {HTMLElement} page */
function follow(page) {
  /** @type {EventSource | undefined} */
  let stream;
  let timer = 0;
  let isOver = false;
  const say = stateOf(page);

  function listen() {
    stream = new EventSource(page.dataset.dashboard ?? '');
    // The public count comes at once; the snapshot with all the rest within a few seconds.
    stream.addEventListener('count', (event) => {
      const { count } = JSON.parse(event.data);
      for (const place of page.querySelectorAll('[data-text="total"]'))
        showText(place, numbers.format(count));
    });
    stream.addEventListener('snapshot', (event) => {
      const { asOf, live } = JSON.parse(event.data);
      show(page, live);
      showTime(page, asOf);
      say('live');
    });
    stream.addEventListener('same', (event) => {
      showTime(page, JSON.parse(event.data).asOf);
      say('live');
    });
    stream.addEventListener('ended', () => {
      isOver = true;
      stop();
      say('ended');
    });
    stream.addEventListener('error', () => {
      say('waiting');
      // The browser reconnects by itself, unless the server turned it away.
      if (stream?.readyState !== EventSource.CLOSED) return;
      stop();
      timer = window.setTimeout(start, AGAIN_AFTER);
    });
  }

  function start() {
    if (!isOver && !stream && !document.hidden) listen();
  }

  function stop() {
    stream?.close();
    stream = undefined;
    window.clearTimeout(timer);
  }

  document.addEventListener('visibilitychange', () => (document.hidden ? stop() : start()));
  window.addEventListener('pagehide', stop);
  window.addEventListener('pageshow', start);
  start();
}

/**
 * Says how the page stands to the server; a screen reader hears it when it changes.
 * @param {HTMLElement} page
 */
function stateOf(page) {
  const place = /** @type {HTMLElement} */ (page.querySelector('[data-state]'));
  const reload = /** @type {HTMLElement} */ (page.querySelector('[data-reload]'));
  const words = {
    live: 'Moves by itself',
    waiting: 'No connection: these numbers stand still',
    ended: 'You are signed out: these numbers stand still',
  };
  /** @param {keyof typeof words} state */
  return (state) => {
    if (place.dataset.state === state) return;
    place.dataset.state = state;
    place.textContent = words[state];
    reload.hidden = state === 'live';
  };
}

/**
 * @param {HTMLElement} page
 * @param {string} asOf
 */
function showTime(page, asOf) {
  for (const place of page.querySelectorAll('[data-as-of]')) place.textContent = asOf;
}

/**
 * @param {HTMLElement} page
 * @param {Live} live
 */
function show(page, { texts, meters, shows, charts, rows }) {
  for (const place of each(page, 'text')) showText(place, texts[place.dataset.text ?? '']);
  /** @type {HTMLProgressElement} */ for (const place of each(page, 'meter'))
    place.value = meters[place.dataset.meter ?? ''] ?? 0;
  for (const place of each(page, 'show')) place.hidden = !shows[place.dataset.show ?? ''];
  for (const place of each(page, 'chart')) drawChart(place, charts[place.dataset.chart ?? '']);
  for (const place of each(page, 'rows')) fillRows(place, rows[place.dataset.rows ?? ''] ?? []);
}

/**
 * @param {HTMLElement} page
 * @param {string} name
 */
const each = (page, name) => /** @type {NodeListOf<HTMLElement>} */ (page.querySelectorAll(`[data-${name}]`));

/**
 * @param {Element} place
 * @param {string | undefined} text
 */
function showText(place, text) {
  if (text === undefined || place.textContent === text) return;
  place.textContent = text;
  if (!place.matches('.figure-value')) return;
  place.classList.remove('count-moved');
  requestAnimationFrame(() => place.classList.add('count-moved'));
}

/**
 * @param {HTMLElement} place
 * @param {Chart | undefined} chart
 */
function drawChart(place, chart) {
  if (!chart) return;
  const { width, ticks } = chart;
  place.querySelector('.chart-box')?.setAttribute('viewBox', `0 0 ${width} 100`);
  place.querySelector('[data-grid]')?.setAttribute('d', `M0 0H${width}M0 50H${width}M0 100H${width}`);
  place.querySelector('[data-bars]')?.setAttribute('d', chart.bars);
  place.querySelector('[data-partial]')?.setAttribute('d', chart.partial);
  for (const name of /** @type {const} */ (['top', 'half'])) {
    const mark = place.querySelector(`[data-${name}]`);
    if (mark) mark.textContent = chart[name];
  }
  for (const text of place.querySelectorAll('[data-description]:not([data-pointed])'))
    text.textContent = chart.description;
  for (const [n, tick] of [...place.querySelectorAll('[data-tick]')].entries())
    tick.textContent = ticks[n] ?? '';
}

/**
 * @param {HTMLElement} body
 * @param {Row[]} rows
 */
function fillRows(body, rows) {
  const had = [...body.querySelectorAll('tr')];
  for (const [n, row] of rows.entries()) {
    const made = makeRow(row);
    if (!had[n]) body.append(made);
    else if (!had[n].isEqualNode(made)) had[n].replaceWith(made);
  }
  for (const left of had.slice(rows.length)) left.remove();
}

/** @param {Row} row */
function makeRow({ cells: [heading = '', ...values], hasBar, percent = 0 }) {
  const row = document.createElement('tr');
  const first = document.createElement('th');
  first.scope = 'row';
  first.textContent = heading;
  if (hasBar) {
    const bar = document.createElement('progress');
    bar.className = 'bar bar-row';
    bar.max = 100;
    bar.value = percent;
    bar.setAttribute('aria-hidden', 'true');
    first.append(bar);
  }
  row.append(first);
  for (const value of values) row.insertCell().textContent = value;
  return row;
}

/**
 * Says the bar under the pointer in words; the table behind the chart says all of them. Its rows are the latest first.
 * @param {HTMLElement} figure
 */
function readOut(figure) {
  const box = /** @type {SVGElement} */ (figure.querySelector('.chart-box'));
  const place = /** @type {HTMLElement} */ (figure.querySelector('[data-readout]'));
  const usual = /** @type {HTMLElement} */ (figure.querySelector('desc'));
  box.addEventListener('pointermove', (event) => {
    const rows = figure.querySelectorAll('tbody tr');
    const { left, width } = box.getBoundingClientRect();
    const bars = Number(box.getAttribute('viewBox')?.split(' ')[2]) / 10;
    const bar = Math.min(bars - 1, Math.max(0, Math.floor(((event.clientX - left) / width) * bars)));
    const cells = rows[bars - 1 - bar]?.children;
    if (!cells || rows.length !== bars) return;
    place.dataset.pointed = '';
    place.textContent = `${cells[0]?.textContent}: ${cells[1]?.textContent}`;
  });
  box.addEventListener('pointerleave', () => {
    delete place.dataset.pointed;
    place.textContent = usual.textContent;
  });
}
