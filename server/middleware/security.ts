import type { RequestHandler } from 'express';
import helmet from 'helmet';
import type { Env } from '../../config/env.ts';

/** https://docs.hcaptcha.com/#content-security-policy-settings */
const hcaptcha = ['https://hcaptcha.com', 'https://*.hcaptcha.com'];

/** What no route says anything about is kept by nobody: a page, an error, a redirect, a file. */
export const cacheNothing: RequestHandler = (_request, response, next) => {
  response.set('Cache-Control', 'no-store');
  next();
};

/** Headers that keep a page to itself: no inline script or style, no frames around it, no address in a referrer. */
export function securityHeaders(env: Pick<Env, 'BASE_URL' | 'HCAPTCHA_SITEKEY'>): RequestHandler {
  const captcha = env.HCAPTCHA_SITEKEY ? hcaptcha : [];
  const secure = env.BASE_URL.startsWith('https:');
  return helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'none'"],
        scriptSrc: ["'self'", ...captcha],
        styleSrc: ["'self'", ...captcha],
        imgSrc: ["'self'", 'data:'],
        connectSrc: ["'self'", ...captcha],
        frameSrc: ["'self'", ...captcha],
        formAction: ["'self'"],
        baseUri: ["'none'"],
        frameAncestors: ["'self'"],
        ...(secure && { upgradeInsecureRequests: [] }),
      },
    },
    strictTransportSecurity: secure,
    // Links in mails hold secrets; other sites learn only that we exist.
    referrerPolicy: { policy: 'same-origin' },
    crossOriginEmbedderPolicy: false,
    xFrameOptions: { action: 'sameorigin' },
  });
}
