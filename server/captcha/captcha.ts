import { verify } from 'hcaptcha';
import { type Env, publicTestSecret } from '../../config/env.ts';
import { captchaLimits } from '../../config/limits.ts';
import type { Log } from '../../config/log.ts';

/** `failed` and `expired` are the signer's to repeat; `unavailable` is ours or hCaptcha's fault. */
type CaptchaOutcome = 'passed' | 'missing' | 'expired' | 'failed' | 'unavailable';

/** https://docs.hcaptcha.com/#siteverify-error-codes-table: those that only the operator can mend. */
const operatorErrors = new Set([
  ...['missing-input-secret', 'invalid-input-secret', 'sitekey-secret-mismatch', 'not-using-dummy-passcode'],
  ...['missing-remoteip', 'invalid-remoteip', 'bad-request'],
]);
const staleErrors = new Set([
  'expired-input-response',
  'already-seen-response',
  'invalid-or-already-seen-response',
]);

/** What siteverify says when it is asked with the public test keys, which production refuses. */
const testHostname = 'dummy-key-pass';

type Answer = { success?: unknown; hostname?: unknown; 'error-codes'?: unknown };

/** Asks hCaptcha about a token. Fails closed: whatever goes wrong, nobody passes. */
export async function checkCaptcha(
  env: Pick<Env, 'HCAPTCHA_SITEKEY' | 'HCAPTCHA_SECRET' | 'BASE_URL'>,
  token: string,
  ip: string,
  log: Log,
): Promise<CaptchaOutcome> {
  const { HCAPTCHA_SECRET: secret, HCAPTCHA_SITEKEY: sitekey } = env;
  if (!secret || !sitekey) return 'passed';
  if (!token) return 'missing';
  if (token.length > captchaLimits.token) return 'failed';
  try {
    const answer: Answer = await withinLimit(verify(secret, token, ip, sitekey));
    const hostname = publicTestSecret.test(secret) ? testHostname : new URL(env.BASE_URL).hostname;
    return judge(answer, hostname, log);
  } catch (error) {
    log.error({ err: error }, 'hCaptcha could not be asked');
    return 'unavailable';
  }
}

function judge(answer: Answer, hostname: string, log: Log): CaptchaOutcome {
  if (answer?.success === true) {
    if (answer.hostname === undefined || answer.hostname === hostname) return 'passed';
    log.warn({ solvedOn: String(answer.hostname).slice(0, 100) }, 'a captcha was solved on another site');
    return 'failed';
  }
  const codes = Array.isArray(answer?.['error-codes']) ? answer['error-codes'].map(String) : [];
  if (codes.some((code) => operatorErrors.has(code)) || answer?.success !== false) {
    log.error({ codes }, 'hCaptcha refused our request: check HCAPTCHA_SITEKEY and HCAPTCHA_SECRET');
    return 'unavailable';
  }
  if (codes.includes('missing-input-response')) return 'missing';
  return codes.some((code) => staleErrors.has(code)) ? 'expired' : 'failed';
}

/** The package waits for ever; people do not. */
async function withinLimit<Value>(promise: Promise<Value>): Promise<Value> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('no answer in time')), captchaLimits.timeout);
  });
  promise.catch(() => undefined);
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}
