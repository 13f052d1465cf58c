/** Counts the ticked signatures, and ticks all of a page at once. Without it the form works the same. */

for (const form of document.querySelectorAll('form[data-picking]')) {
  const boxes = [...form.querySelectorAll('input[name="id"]')];
  const picked = form.querySelector('[data-picked]');
  const ticked = /** @type {HTMLInputElement | null} */ (form.querySelector('#scope-ticked'));
  if (!picked || !ticked || boxes.length === 0) continue;

  const all = document.createElement('button');
  all.type = 'button';
  all.className = 'link';
  form.querySelector('ul')?.before(all);

  const count = () => {
    const n = boxes.filter((box) => box.checked).length;
    picked.textContent = ` (${n})`;
    all.textContent = n === boxes.length ? 'Tick none of this page' : `Tick all ${boxes.length} of this page`;
    return n;
  };
  all.addEventListener('click', () => {
    const isAll = count() === boxes.length;
    for (const box of boxes) box.checked = !isAll;
    ticked.checked = true;
    count();
  });
  form.addEventListener('change', ({ target }) => {
    if (boxes.includes(target)) ticked.checked = true;
    count();
  });
  window.addEventListener('pageshow', count);
  count();
}
