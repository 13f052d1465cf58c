/** Copies the link, and opens the phone's own sharing sheet where there is one. */

const box = /** @type {HTMLElement | null} */ (document.querySelector('[data-share]'));
if (box) {
  offerCopy(box);
  offerSheet(box);
}

/** @param {HTMLElement} box */
function offerCopy(box) {
  const button = /** @type {HTMLButtonElement | null} */ (box.querySelector('[data-copy]'));
  const status = box.querySelector('[data-copy-status]');
  if (!button || !navigator.clipboard) return;
  const label = button.textContent ?? '';
  button.hidden = false;
  button.addEventListener('click', async () => {
    try {
      await navigator.clipboard.writeText(box.dataset.shareUrl ?? location.href);
    } catch {
      return; // Not allowed: the address stays there to be read and selected.
    }
    button.textContent = button.dataset.copied ?? label;
    if (status) status.textContent = button.dataset.copied ?? '';
    window.setTimeout(() => {
      button.textContent = label;
      if (status) status.textContent = '';
    }, 3000);
  });
}

/** @param {HTMLElement} box */
function offerSheet(box) {
  const button = /** @type {HTMLButtonElement | null} */ (box.querySelector('[data-share-native]'));
  const { shareUrl: url, shareText: text } = box.dataset;
  if (!button || !navigator.share) return;
  button.hidden = false;
  button.addEventListener('click', () => {
    // Closing the sheet rejects; there is nothing to say about that.
    navigator.share({ text, url }).catch(() => {});
  });
}
