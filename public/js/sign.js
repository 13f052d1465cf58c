/**
 * Comfort for the signing form; everything here also works without it, but for the robot check.
 * The address typed is remembered in this tab alone, so that the next page can say where the mail went. The whole form is
 * only kept until the next page of ours is there: one that says that too many people are here sends it again (again.js).
 */

const ADDRESS = 'undersigned.address';
const FORM = 'undersigned.form';
const CAPTCHA = 'https://js.hcaptcha.com/1/api.js';

const signForm = /** @type {HTMLFormElement | null} */ (document.querySelector('[data-sign]'));
const resendForm = /** @type {HTMLFormElement | null} */ (document.querySelector('[data-resend]'));

const kept = takeKeptForm();
if (signForm) {
  if (kept?.action === signForm.getAttribute('action')) fillIn(signForm, kept.fields);
  loadCaptchaOnFirstTouch(signForm);
  countCharacters(signForm);
  rememberAddress(signForm);
  keepUntilAnswered(signForm);
}
if (resendForm) {
  showAddress(resendForm);
  rememberAddress(resendForm);
}
if (document.querySelector('[data-signed]')) forgetAddress();
for (const form of document.querySelectorAll('form[data-busy]')) {
  submitOnce(/** @type {HTMLFormElement} */ (form));
}

/** @param {HTMLFormElement} form */
function loadCaptchaOnFirstTouch(form) {
  const widget = /** @type {HTMLElement | null} */ (form.querySelector('.h-captcha'));
  if (!widget) return;
  const message = /** @type {HTMLElement} */ (form.querySelector('[data-captcha-error]'));
  let asked = false;
  let loaded = false;

  const load = () => {
    if (asked) return;
    asked = true;
    if (matchMedia('(prefers-color-scheme: dark)').matches) widget.dataset.theme = 'dark';
    if (widget.clientWidth < 303) widget.dataset.size = 'compact';
    const script = document.createElement('script');
    script.src = `${CAPTCHA}?hl=${encodeURIComponent(form.dataset.lang ?? document.documentElement.lang)}`;
    script.async = true;
    script.addEventListener('load', () => {
      loaded = true;
    });
    script.addEventListener('error', () => {
      asked = false;
      say(message.dataset.blocked);
    });
    document.head.append(script);
  };

  /** @param {string} [text] */
  function say(text) {
    message.textContent = text ?? '';
    message.hidden = false;
  }

  form.addEventListener('focusin', load);
  form.addEventListener('pointerdown', load);
  // An error may have put the focus here before this script ran.
  if (form.contains(document.activeElement)) load();

  form.addEventListener('submit', (event) => {
    const answer = new FormData(form).get('h-captcha-response');
    if (!loaded || answer) return;
    event.preventDefault();
    say(message.dataset.missing);
    /** @type {HTMLElement} */ (form.querySelector('.captcha')).focus();
  });
}

/** @param {HTMLFormElement} form */
function countCharacters(form) {
  const counter = /** @type {HTMLElement | null} */ (form.querySelector('[data-counter]'));
  const field = /** @type {HTMLTextAreaElement | null} */ (form.querySelector('#field-comment'));
  if (!counter || !field) return;
  const numbers = new Intl.NumberFormat(document.documentElement.lang);
  const show = () => {
    const left = numbers.format(field.maxLength - field.value.length);
    counter.textContent = (counter.dataset.pattern ?? '{n}').replace('{n}', left);
    counter.hidden = field.value.length === 0;
  };
  field.addEventListener('input', show);
  show();
}

/** @param {HTMLFormElement} form */
function submitOnce(form) {
  const button = /** @type {HTMLButtonElement | null} */ (form.querySelector('button[type="submit"]'));
  if (!button) return;
  const label = button.textContent ?? '';
  let sent = false;
  form.addEventListener('submit', (event) => {
    if (sent) event.preventDefault();
    if (event.defaultPrevented) return;
    sent = true;
    button.setAttribute('aria-disabled', 'true');
    button.textContent = form.dataset.busy ?? label;
  });
  window.addEventListener('pageshow', () => {
    sent = false;
    button.removeAttribute('aria-disabled');
    button.textContent = label;
  });
}

/** @param {HTMLFormElement} form */
function rememberAddress(form) {
  form.addEventListener('submit', (event) => {
    const address = new FormData(form).get('email');
    if (event.defaultPrevented || typeof address !== 'string') return;
    try {
      sessionStorage.setItem(ADDRESS, address);
    } catch {
      // Storage may be switched off; the next page then simply does not name the address.
    }
  });
}

/** @param {HTMLFormElement} form */
function showAddress(form) {
  const address = rememberedAddress();
  if (!address) return;
  const field = /** @type {HTMLInputElement | null} */ (form.querySelector('input[name="email"]'));
  if (field && !field.value) field.value = address;
  const sentence = /** @type {HTMLElement | null} */ (document.querySelector('[data-mailed]'));
  const name = sentence?.querySelector('[data-mailed-address]');
  if (!sentence || !name) return;
  name.textContent = address;
  sentence.hidden = false;
}

function rememberedAddress() {
  try {
    return sessionStorage.getItem(ADDRESS);
  } catch {
    return null;
  }
}

function forgetAddress() {
  try {
    sessionStorage.removeItem(ADDRESS);
  } catch {
    // Nothing was stored.
  }
}

/** @param {HTMLFormElement} form */
function keepUntilAnswered(form) {
  form.addEventListener('submit', (event) => {
    if (event.defaultPrevented || event.submitter?.hasAttribute('formaction')) return;
    const fields = [...new FormData(form)].filter(([, value]) => typeof value === 'string');
    try {
      sessionStorage.setItem(FORM, JSON.stringify({ action: form.getAttribute('action'), fields, tries: 0 }));
    } catch {
      // It is full or switched off: people then use their browser's own memory of the form.
    }
  });
}

/** @returns {{ action: string, fields: [string, string][] } | undefined} */
function takeKeptForm() {
  try {
    const text = sessionStorage.getItem(FORM) ?? '';
    sessionStorage.removeItem(FORM);
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * @param {HTMLFormElement} form
 * @param {[string, string][]} fields
 */
function fillIn(form, fields) {
  for (const [name, value] of fields) {
    const field = form.elements.namedItem(name);
    if (field instanceof RadioNodeList) field.value = value;
    else if (field instanceof HTMLInputElement && field.type === 'checkbox') field.checked = true;
    else if (field instanceof HTMLElement && 'value' in field && field.getAttribute('type') !== 'hidden')
      field.value = value;
  }
}
