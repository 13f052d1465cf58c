/** Comfort for the letter in the signing form: how much of it is in one's own words, and how long it is. */

const part = document.querySelector('[data-letter]');
const field = /** @type {HTMLTextAreaElement | null} */ (document.querySelector('#field-letterText'));
if (part && field) follow(part, field);

/**
 * @param {Element} part
 * @param {HTMLTextAreaElement} field
 */
function follow(part, field) {
  const own = /** @type {HTMLElement} */ (part.querySelector('[data-own]'));
  const left = /** @type {HTMLElement} */ (part.querySelector('[data-letter-left]'));
  const limit = Number(field.dataset.limit);
  const show = () => {
    const share = ownShare(field.value, field.dataset.suggested ?? '');
    showShare(own, share);
    own.hidden = !field.dataset.suggested || field.value.trim() === '';
    showLeft(left, limit - [...field.value.trim()].length);
  };
  field.addEventListener('input', show);
  show();
}

/**
 * @param {HTMLElement} own
 * @param {number} share
 */
function showShare(own, share) {
  const meter = /** @type {HTMLMeterElement} */ (own.querySelector('meter'));
  const text = /** @type {HTMLElement} */ (own.querySelector('[data-own-share]'));
  meter.value = share;
  text.textContent = inDigits(text.dataset.pattern, share);
  const isOwn = share >= meter.high;
  /** @type {HTMLElement} */ (own.querySelector('[data-own-few]')).hidden = isOwn;
  /** @type {HTMLElement} */ (own.querySelector('[data-own-some]')).hidden = !isOwn;
}

/**
 * @param {HTMLElement} place
 * @param {number} left
 */
function showLeft(place, left) {
  place.hidden = left > 500;
  place.textContent = inDigits(left < 0 ? place.dataset.over : place.dataset.left, Math.abs(left));
}

/**
 * @param {string | undefined} pattern
 * @param {number} number
 */
function inDigits(pattern, number) {
  const digits = new Intl.NumberFormat(document.documentElement.lang).format(number);
  return (pattern ?? '{n}').replace('{n}', digits);
}

/**
 * As server/letters/words.ts counts: the words that are in no run of four that the suggestion has too, in percent.
 * @param {string} text
 * @param {string} suggested
 */
function ownShare(text, suggested) {
  const run = 4;
  const wordsOf = (/** @type {string} */ of) => of.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
  const words = wordsOf(text);
  if (words.length === 0) return 0;
  const given = wordsOf(suggested);
  const runs = new Set(given.slice(run - 1).map((_, i) => given.slice(i, i + run).join(' ')));
  const isGiven = words.map(() => false);
  for (let i = 0; i + run <= words.length; i += 1)
    if (runs.has(words.slice(i, i + run).join(' '))) isGiven.fill(true, i, i + run);
  return Math.round((isGiven.filter((is) => !is).length / words.length) * 100);
}
