/**
 * Passkeys: signing in with one, and adding one to the account. The server asks, the browser's own dialog answers.
 * Without scripts both pages still work: the mailed link needs none.
 */
import {
  browserSupportsWebAuthn,
  browserSupportsWebAuthnAutofill,
  startAuthentication,
  startRegistration,
} from '/assets/webauthn/index.js';

/** @param {string} path @param {object} [body] @returns {Promise<any>} */
async function ask(path, body) {
  const answer = await fetch(path, {
    method: 'POST',
    headers: { accept: 'application/json', 'content-type': 'application/json' },
    body: body && JSON.stringify(body),
  });
  if (answer.status === 401) window.location.reload();
  if (!answer.ok) throw new Error(String(answer.status));
  return answer.json();
}

/** What went wrong, for the person in front of it. @param {any} error */
function explain(error) {
  if (error.name === 'NotAllowedError' || error.name === 'AbortError')
    return 'That was not finished. Try again when you are ready.';
  if (error.name === 'InvalidStateError') return 'This device has a passkey for your account already.';
  if (error.message === '429') return 'That was too often. Wait some minutes.';
  if (error.message === '410') return 'That took too long. Try once more.';
  if (error.message === '403')
    return 'This passkey is not known here. Use a mailed link, then add it to your account.';
  return 'That did not work. Try again, or use a mailed link.';
}

/**
 * Does something once at a time, and says at the place what went wrong.
 * @param {HTMLElement} place @param {() => Promise<void>} act
 */
async function attempt(place, act) {
  const problem = /** @type {HTMLElement} */ (place.querySelector('[data-problem]'));
  const button = /** @type {HTMLButtonElement} */ (place.querySelector('button'));
  if (button.getAttribute('aria-disabled') === 'true') return;
  button.setAttribute('aria-disabled', 'true');
  problem.hidden = true;
  try {
    await act();
  } catch (error) {
    problem.textContent = explain(error);
    problem.hidden = false;
  } finally {
    button.removeAttribute('aria-disabled');
  }
}

/**
 * Asks for a passkey: in the browser's dialog, or among what the browser offers to fill the address in with. Returns
 * what is left to do once somebody has chosen one.
 * @param {HTMLElement} place @param {{ useBrowserAutofill: boolean }} how
 */
async function choosePasskey(place, how) {
  const { ceremony, options } = await ask('/organize/sign-in/passkey/options');
  const response = await startAuthentication({ optionsJSON: options, ...how });
  return async () => {
    const answer = { ceremony, response, next: place.dataset.next };
    const { next } = await ask('/organize/sign-in/passkey', answer);
    window.location.assign(next);
  };
}

/** Waits in the address's field until a passkey is chosen there. Nothing is said where that cannot be. @param {HTMLElement} place */
async function offerInField(place) {
  if (!(await browserSupportsWebAuthnAutofill())) return;
  const signIn = await choosePasskey(place, { useBrowserAutofill: true }).catch(() => undefined);
  if (signIn) await attempt(place, signIn);
}

/** @param {HTMLElement} place */
function offerSignIn(place) {
  place.hidden = false;
  offerInField(place);
  place.querySelector('button')?.addEventListener('click', () =>
    attempt(place, async () => {
      try {
        const signIn = await choosePasskey(place, { useBrowserAutofill: false });
        await signIn();
      } catch (error) {
        // The dialog has ended the waiting in the field.
        offerInField(place);
        throw error;
      }
    }),
  );
}

/** @param {HTMLFormElement} form */
function offerToAdd(form) {
  form.hidden = false;
  document.querySelector('[data-passkey-none]')?.remove();
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    attempt(form, async () => {
      const options = await ask('/organize/account/passkeys/options');
      const response = await startRegistration({ optionsJSON: options });
      const name = new FormData(form).get('name');
      const { next } = await ask('/organize/account/passkeys', { name, response });
      window.location.assign(next);
    });
  });
}

if (browserSupportsWebAuthn()) {
  const signIn = document.querySelector('[data-passkey-sign-in]');
  const add = document.querySelector('[data-passkey-add]');
  if (signIn) offerSignIn(/** @type {HTMLElement} */ (signIn));
  if (add) offerToAdd(/** @type {HTMLFormElement} */ (add));
}
