/**
 * Finds representatives without leaving the page: the form is sent as it would be without this script, and of the page
 * that comes back only this part is taken.
 */

const place = () => /** @type {HTMLElement | null} */ (document.querySelector('[data-representatives]'));

document.addEventListener('click', (event) => {
  const button = /** @type {HTMLElement} */ (event.target).closest?.(
    '[data-representatives] button[formaction]',
  );
  if (!button) return;
  event.preventDefault();
  void find(/** @type {HTMLButtonElement} */ (button));
});

document.addEventListener('keydown', (event) => {
  const field = /** @type {HTMLElement} */ (event.target);
  const by = field.dataset?.findBy;
  if (event.key !== 'Enter' || event.isComposing || !by) return;
  event.preventDefault();
  /** @type {HTMLButtonElement | null} */ (place()?.querySelector(`button[value="${by}"]`))?.click();
});

/** @param {HTMLButtonElement} button */
async function find(button) {
  const form = button.form;
  const before = place();
  if (!form || !before || before.dataset.isFinding) return;
  before.dataset.isFinding = 'yes';
  button.setAttribute('aria-disabled', 'true');
  const label = button.textContent;
  button.textContent = before.dataset.busy ?? label;
  try {
    const after = await ask(form, button);
    before.replaceWith(after);
    const focus = /** @type {HTMLElement | null} */ (after.querySelector('[autofocus]'));
    focus?.focus();
  } catch {
    delete before.dataset.isFinding;
    button.removeAttribute('aria-disabled');
    button.textContent = label;
    say(before, before.dataset.failed ?? '');
  }
}

/**
 * @param {HTMLFormElement} form
 * @param {HTMLButtonElement} button
 */
async function ask(form, button) {
  const typed = new FormData(form, button);
  typed.delete('h-captcha-response');
  typed.delete('g-recaptcha-response');
  const body = new URLSearchParams(/** @type {[string, string][]} */ ([...typed]));
  const response = await fetch(button.formAction, { method: 'POST', body, headers: { accept: 'text/html' } });
  const page = new DOMParser().parseFromString(await response.text(), 'text/html');
  const part = page.querySelector('[data-representatives]');
  if (!part) throw new Error('The answer is another page');
  return /** @type {HTMLElement} */ (document.importNode(part, true));
}

/**
 * @param {HTMLElement} part
 * @param {string} text
 */
function say(part, text) {
  const status = part.querySelector('[role="status"]');
  if (!status) return;
  const message = document.createElement('p');
  message.className = 'field-error';
  message.textContent = text;
  status.replaceChildren(message);
}
