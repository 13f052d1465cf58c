import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';

const places = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** The machine's own Chromium, without the calls home that a closed network would hold up. */
export async function openBrowser(): Promise<Browser> {
  const executablePath = process.env.CHROMIUM ?? places.find((place) => existsSync(place));
  if (!executablePath)
    throw new Error('There is no Chromium: npm test installs it, or set CHROMIUM to its path');
  return chromium.launch({
    executablePath,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}

export const phone = { viewport: { width: 375, height: 740 }, isMobile: true, hasTouch: true };
export const desktop = { viewport: { width: 1280, height: 900 } };

/** Stands in for hCaptcha's script at the network: a box to tick that yields a token. */
export const captchaWidget = `
for (const place of document.querySelectorAll('.h-captcha')) {
  const box = document.createElement('button');
  box.type = 'button';
  box.textContent = 'I am human';
  box.addEventListener('click', () => {
    const token = document.createElement('textarea');
    token.name = 'h-captcha-response';
    token.value = 'token-from-the-widget';
    token.hidden = true;
    place.append(token);
    box.textContent = 'Checked';
  });
  place.append(box);
}`;
