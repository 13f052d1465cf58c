import type { Page } from 'playwright-core';

/**
 * What is wrong with a page as it stands: wider than the narrowest phone, too pale, too small to touch, without a
 * name. As text, because what runs in the page knows the page's types and not ours.
 */
export async function faultsOf(page: Page): Promise<string[]> {
  const found = await page.evaluate<string[]>(`[...(${structure})(), ...(${touch})()]`);
  for (const colorScheme of ['dark', 'light'] as const) {
    await page.emulateMedia({ colorScheme });
    found.push(
      ...(await page.evaluate<string[]>(`(${contrast})().map((text) => '${colorScheme}: ' + text)`)),
    );
  }
  const size = page.viewportSize();
  for (const width of [320, 375]) {
    await page.setViewportSize({ width, height: 740 });
    found.push(...(await page.evaluate<string[]>(`(${overflow})()`)));
  }
  if (size) await page.setViewportSize(size);
  return found;
}

const describe = `const say = (element) => element.outerHTML.replace(/\\s+/g, ' ').slice(0, 110);
  const isShown = (element) => element.checkVisibility({ visibilityProperty: true }) && !element.closest('.visually-hidden');`;

const overflow = `() => {
  ${describe}
  const { scrollWidth, clientWidth } = document.documentElement;
  if (scrollWidth <= clientWidth) return [];
  const wide = [...document.body.querySelectorAll('*')].find((element) => element.getBoundingClientRect().right > clientWidth + 1);
  return ['scrolls sideways at ' + clientWidth + ': ' + (wide ? say(wide) : '')];
}`;

const structure = `() => {
  ${describe}
  const faults = [];
  const headings = document.querySelectorAll('h1');
  if (headings.length !== 1) faults.push(headings.length + ' main headings');
  const ids = [...document.querySelectorAll('[id]')].map(({ id }) => id);
  for (const id of new Set(ids.filter((id, at) => ids.indexOf(id) !== at))) faults.push('twice: id ' + id);
  for (const element of document.querySelectorAll('[aria-describedby], [aria-labelledby]'))
    for (const name of ['aria-describedby', 'aria-labelledby'])
      for (const id of (element.getAttribute(name) ?? '').split(' ').filter(Boolean))
        if (!document.getElementById(id)) faults.push(name + ' leads nowhere: ' + id);
  for (const field of document.querySelectorAll('input:not([type=hidden]), select, textarea'))
    if (![...(field.labels ?? [])].some((label) => label.textContent.trim()) && !field.getAttribute('aria-label'))
      faults.push('no label: ' + say(field));
  for (const control of document.querySelectorAll('a[href], button, summary, [role=region], nav'))
    if (!control.textContent.trim() && !control.getAttribute('aria-label')) faults.push('no name: ' + say(control));
  for (const element of document.body.children)
    if (!element.matches('header, main, footer, aside, nav, script, .skip')) faults.push('outside landmarks: ' + say(element));
  const levels = [...document.querySelectorAll('h1, h2, h3, h4')].filter((heading) => heading.checkVisibility());
  levels.forEach((heading, at) => {
    if (at > 0 && Number(heading.tagName[1]) > Number(levels[at - 1].tagName[1]) + 1) faults.push('a level left out: ' + say(heading));
  });
  return faults;
}`;

const touch = `() => {
  ${describe}
  const alone = 'button, summary, select, a.button, nav a, .links a, input:not([type=hidden], [type=checkbox], [type=radio])';
  return [...document.querySelectorAll(alone)]
    .filter((element) => isShown(element) && element.getBoundingClientRect().height < 43.5)
    .map((element) => 'too small to touch: ' + say(element));
}`;

/** Text against the nearest ground that is painted; https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio */
const contrast = `() => {
  ${describe}
  const parse = (color) => { const n = color.match(/[\\d.]+/g).map(Number); return n.length > 3 ? n : [...n, 1]; };
  const luminance = (color) => {
    const [r, g, b] = color.map((part) => part / 255).map((part) => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const groundOf = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const ground = parse(getComputedStyle(at).backgroundColor);
      if (ground[3] > 0.99) return ground;
    }
    return [255, 255, 255, 1];
  };
  const pale = new Set();
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || !element || !isShown(element) || element.closest('svg, script, noscript, option')) continue;
    const [text, ground] = [parse(getComputedStyle(element).color), groundOf(element)].map(luminance).sort((a, b) => b - a);
    const ratio = (text + 0.05) / (ground + 0.05);
    if (ratio < 4.5) pale.add('contrast ' + ratio.toFixed(2) + ': ' + say(element));
  }
  return [...pale];
}`;
