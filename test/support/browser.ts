import { existsSync } from 'node:fs';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';

const places = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/**
 * What no test looks at, and what most of a window's time went into: the parts of the address bar that are pages
 * themselves, a process held ready for the next site, and a frame of its own for every page. Chromium takes the last
 * list it is given, so what Playwright turns off stands here again.
 */
const withoutFeatures = [
  ...['WebUIOmniboxPopup', 'WebUIOmniboxAimPopup', 'WebUIOmniboxFullPopup'],
  ...['SpareRendererForSitePerProcess', 'RenderDocument'],
  ...['AimEnabled', 'AvoidCorsURLLoaderRestartOnRedirect', 'AvoidUnnecessaryBeforeUnloadCheckSync'],
  ...['DestroyProfileOnBrowserClose', 'HttpsFirstBalancedModeAutoEnable', 'HttpsUpgrades', 'LensOverlay'],
  ...['MediaRouter', 'NetworkTimeServiceQuerying', 'OptimizationHints', 'PaintHolding', 'PreconnectToSearch'],
  'ThirdPartyStoragePartitioning',
];

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
      `--disable-features=${withoutFeatures}`,
    ],
  });
}

/**
 * A window that shares nothing with others, and whatever its pages complain of. With a session's cookie, somebody is
 * signed in there at the world's address.
 */
export async function openWindow(
  browser: Browser,
  device: object,
  { env }: { env: { BASE_URL: string } },
  cookie?: string,
): Promise<{ context: BrowserContext; page: Page; complaints: string[] }> {
  const context = await browser.newContext({ ...device, baseURL: env.BASE_URL });
  if (cookie) {
    const [name = '', value = ''] = cookie.split('=');
    const url = env.BASE_URL.replace('http:', 'https:');
    await context.addCookies([{ name, value, url, secure: true, httpOnly: true, sameSite: 'Lax' }]);
  }
  const page = await context.newPage();
  const complaints: string[] = [];
  const complain = (text: string) => complaints.push(`${new URL(page.url()).pathname}: ${text}`);
  page.on('console', (message) => message.type() === 'error' && complain(message.text()));
  page.on('pageerror', (error) => complain(error.message));
  return { context, page, complaints };
}

export const phone = { viewport: { width: 375, height: 740 }, isMobile: true, hasTouch: true };
export const desktop = { viewport: { width: 1280, height: 900 } };

/** Stands in for hCaptcha's script at the network: a box to tick that yields a token. */
export const showCaptcha = (context: BrowserContext): Promise<unknown> =>
  context.route('https://js.hcaptcha.com/**', (route) =>
    route.fulfill({ contentType: 'text/javascript', body: captchaWidget }),
  );

const captchaWidget = `
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
