/** Shows the page beside the form while somebody types. The server makes it, as it makes the page itself. */

const form = /** @type {HTMLFormElement | null} */ (document.querySelector('[data-preview]'));
const pane = /** @type {HTMLElement | null} */ (document.querySelector('[data-preview-pane]'));
/** How long the keys must rest, in milliseconds. */
const rest = 400;

if (form && pane) previewWhileTyping(form, pane);

/**
 * @param {HTMLFormElement} form
 * @param {HTMLElement} pane
 */
function previewWhileTyping(form, pane) {
  const frame = /** @type {HTMLIFrameElement} */ (pane.querySelector('[data-preview-frame]'));
  let language = '';
  let timer = 0;
  let asking = new AbortController();

  const ask = async () => {
    asking.abort();
    asking = new AbortController();
    const body = new FormData(form);
    body.delete('file');
    if (language) body.set('lang', language);
    try {
      const url = form.dataset.preview ?? '';
      const response = await fetch(url, { method: 'POST', body, signal: asking.signal });
      if (response.ok) show(await response.text());
    } catch {
      // The next key asks again; the buttons work without this.
    }
  };

  /** @param {string} html */
  const show = (html) => {
    const scroll = frame.contentWindow?.scrollY ?? 0;
    frame.addEventListener('load', () => frame.contentWindow?.scrollTo(0, scroll), { once: true });
    frame.srcdoc = html;
    pane.hidden = false;
    showSharedLink(pane, new DOMParser().parseFromString(html, 'text/html'));
  };

  form.addEventListener('input', () => {
    clearTimeout(timer);
    timer = window.setTimeout(ask, rest);
  });
  form.addEventListener('focusin', ({ target }) => {
    const typedIn = /** @type {HTMLElement} */ (target).lang;
    if (!typedIn || typedIn === language) return;
    language = typedIn;
    clearTimeout(timer);
    timer = window.setTimeout(ask, rest);
  });
  void ask();
}

/**
 * @param {HTMLElement} pane
 * @param {Document} page
 */
function showSharedLink(pane, page) {
  /** @param {string} name */
  const meta = (name) => page.querySelector(`meta[property="${name}"]`)?.getAttribute('content') ?? '';
  const image = /** @type {HTMLImageElement} */ (pane.querySelector('[data-shared-image]'));
  const address = new URL(meta('og:image'), location.href);
  image.src = address.pathname + address.search;
  set(pane, '[data-shared-title]', meta('og:title'));
  set(pane, '[data-shared-text]', meta('og:description'));
}

/**
 * @param {HTMLElement} pane
 * @param {string} selector
 * @param {string} text
 */
function set(pane, selector, text) {
  const place = pane.querySelector(selector);
  if (place) place.textContent = text;
}
