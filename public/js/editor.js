/** Comfort for the petition form: an address from the title, the picture uploaded at once, nothing lost by leaving. */

const form = /** @type {HTMLFormElement | null} */ (document.querySelector('[data-editor]'));
const largestPicture = 12 * 1024 * 1024;

if (form) {
  if ('new' in form.dataset) {
    suggestAddress(form);
    guessTimeZone(form);
  }
  uploadPicture(form);
  warnBeforeLeaving(form);
}

/** @param {HTMLFormElement} form */
function suggestAddress(form) {
  const slug = field(form, 'slug');
  const suggest = () => {
    const title = field(form, `${field(form, 'language').value}-title`).value;
    slug.placeholder = title
      .normalize('NFKD')
      .replace(/\p{M}/gu, '')
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, '-')
      .slice(0, 60)
      .replace(/^-+|-+$/g, '');
  };
  form.addEventListener('input', suggest);
  suggest();
}

/** @param {HTMLFormElement} form */
function guessTimeZone(form) {
  const zones = field(form, 'timeZone');
  const here = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (zones.value === 'UTC' && zones.querySelector(`option[value="${CSS.escape(here)}"]`)) zones.value = here;
}

/** @param {HTMLFormElement} form */
function uploadPicture(form) {
  const file = field(form, 'file');
  const problem = /** @type {HTMLElement} */ (document.querySelector('#field-file-error'));
  const image = /** @type {HTMLImageElement} */ (form.querySelector('[data-picture] img'));
  /** @param {string} text */
  const say = (text) => {
    problem.textContent = text;
    problem.hidden = text === '';
    file.toggleAttribute('aria-invalid', text !== '');
  };
  file.addEventListener('change', async () => {
    const chosen = file.files?.[0];
    say('');
    if (!chosen) return;
    if (chosen.size > largestPicture) return say('This file is too large. Choose one of at most 12 MB.');
    const body = new FormData();
    body.set('file', chosen);
    const response = await fetch('/organize/pictures', { method: 'POST', body }).catch(() => undefined);
    // Without an answer the file stays in the form and goes with it.
    const answer = await response?.json().catch(() => undefined);
    if (answer?.problem) say(answer.problem);
    if (answer?.outcome !== 'stored') return;
    field(form, 'picture').value = answer.id;
    image.src = `/images/${answer.id}.jpg`;
    image.hidden = false;
    file.value = '';
    form.dispatchEvent(new Event('input', { bubbles: true }));
  });
}

/** @param {HTMLFormElement} form */
function warnBeforeLeaving(form) {
  let isChanged = false;
  form.addEventListener('input', () => {
    isChanged = true;
  });
  form.addEventListener('submit', (event) => {
    if (event.submitter?.getAttribute('formtarget') !== '_blank') isChanged = false;
  });
  window.addEventListener('beforeunload', (event) => {
    if (isChanged) event.preventDefault();
  });
}

/**
 * @param {HTMLFormElement} form
 * @param {string} name
 */
function field(form, name) {
  return /** @type {HTMLInputElement} */ (form.elements.namedItem(name));
}
