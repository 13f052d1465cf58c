import nock from 'nock';

/** Keys that look like real ones. */
export const captchaKeys = {
  HCAPTCHA_SITEKEY: '5d3b1e7a-9f0c-4a63-8a55-0e6d1f7b2c44',
  HCAPTCHA_SECRET: '0x9c1185a5c5e9fc54612808977ee8f548b2258d31',
};

/** hCaptcha's siteverify, which is not ours to call in tests. The next question gets `answer`; `asked` is what it was. */
export function siteverify(answer: nock.Body | nock.ReplyFnResult, { status = 200, delay = 0 } = {}) {
  const asked: { form?: URLSearchParams } = {};
  const scope = nock('https://hcaptcha.com')
    .post('/siteverify', (body: Record<string, string>) => {
      asked.form = new URLSearchParams(body);
      return true;
    })
    .delay(delay)
    .reply(status, answer as nock.Body);
  return { asked, wasAsked: () => scope.isDone() };
}

/** siteverify's connection breaks. */
export function siteverifyIsDown(): void {
  nock('https://hcaptcha.com').post('/siteverify').replyWithError('connect ECONNREFUSED');
}

/** Forgets every answer that was not asked for. */
export const forgetAnswers = (): void => nock.cleanAll();
