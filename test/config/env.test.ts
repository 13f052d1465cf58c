import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, it } from 'node:test';
import { EnvError, readEnv, readStartEnv } from '../../config/env.ts';

const key = () => randomBytes(32).toString('base64');

const development = () => ({
  MONGODB_URL: 'mongodb://127.0.0.1:27017/undersigned',
  REDIS_URL: 'redis://127.0.0.1:6379',
  ENCRYPTION_KEYS: `k1:${key()}`,
  LOOKUP_KEY: key(),
});

const production = () => ({
  ...development(),
  NODE_ENV: 'production',
  BASE_URL: 'https://petitions.example.org',
  SMTP_URL: 'smtps://user:password@mail.example.org',
  HCAPTCHA_SITEKEY: '5d3b1e7a-9f0c-4a63-8a55-0e6d1f7b2c44',
  HCAPTCHA_SECRET: '0x9c1185a5c5e9fc54612808977ee8f548b2258d31',
});

/** The names of the keys that the one message complains about. */
function complaints(read: () => unknown): string[] {
  try {
    read();
  } catch (error) {
    assert.ok(error instanceof EnvError, `not an EnvError: ${String(error)}`);
    return error.message
      .split('\n')
      .slice(1)
      .map((line) => line.trim().split(':')[0] ?? '');
  }
  return [];
}

describe('the configuration', () => {
  it('has defaults for all that a developer need not say', () => {
    const env = readEnv(development());
    assert.equal(env.NODE_ENV, 'development');
    assert.equal(env.PORT, 3000);
    assert.equal(env.DATA_DIR, './data');
    assert.equal(env.BASE_URL, 'http://localhost:3000');
    assert.equal(env.MAIL_FROM, 'petitions@localhost');
    assert.equal(env.TRUST_PROXY, 0);
    assert.equal(env.SAMPLES, '1');
    assert.equal(env.LOG_LEVEL, 'info');
    assert.equal(env.SMTP_URL, undefined);
    assert.equal(env.HCAPTCHA_SECRET, undefined);
    assert.equal(env.production, false);
  });

  it('has no port for the metrics of workers, and only loopback for it, until it is said', () => {
    const env = readEnv(development());
    assert.equal(env.METRICS_PORT, undefined);
    assert.equal(env.METRICS_HOST, '127.0.0.1');
    assert.equal(env.METRICS_TOKEN, undefined);
    assert.equal(readEnv({ ...development(), METRICS_PORT: '9100' }).METRICS_PORT, 9100);
    const wrong = { ...development(), METRICS_PORT: '70000', METRICS_TOKEN: 'too short' };
    assert.deepEqual(
      complaints(() => readEnv(wrong)),
      ['METRICS_PORT', 'METRICS_TOKEN'],
    );
  });

  it('takes a key that is set to nothing as not set', () => {
    const env = readEnv({ ...development(), PORT: '', HCAPTCHA_SITEKEY: '  ', HCAPTCHA_SECRET: '' });
    assert.equal(env.PORT, 3000);
    assert.equal(env.HCAPTCHA_SITEKEY, undefined);
  });

  it('reads the keys that npm start brings itself as missing without complaint', () => {
    assert.equal(readStartEnv({}).MONGODB_URL, undefined);
    assert.deepEqual(complaints(() => readEnv({})).toSorted(), [
      'ENCRYPTION_KEYS',
      'LOOKUP_KEY',
      'MONGODB_URL',
      'REDIS_URL',
    ]);
  });

  it('names every bad key in one message', () => {
    const bad = {
      NODE_ENV: 'staging',
      PORT: '70000',
      BASE_URL: 'https://example.org/petitions',
      MONGODB_URL: 'http://127.0.0.1',
      REDIS_URL: 'localhost:6379',
      SMTP_URL: 'mail.example.org',
      MAIL_FROM: 'nobody',
      TRUST_PROXY: 'true',
      SAMPLES: 'yes',
      SENDER_NAME: 'x'.repeat(81),
      ENCRYPTION_KEYS: 'k1:c2hvcnQ=',
      LOOKUP_KEY: 'c2hvcnQ=',
      LOG_LEVEL: 'loud',
      HCAPTCHA_SITEKEY: 'half-a-pair',
    };
    const named = complaints(() => readEnv(bad));
    const expected = [...Object.keys(bad).filter((name) => name !== 'HCAPTCHA_SITEKEY'), 'HCAPTCHA_SECRET'];
    assert.deepEqual(named.toSorted(), expected.toSorted());
  });

  it('never repeats a secret in its message', () => {
    const secret = 'c2VjcmV0LXRoYXQtaXMtdG9vLXNob3J0';
    assert.throws(
      () => readEnv({ ...development(), LOOKUP_KEY: secret, ENCRYPTION_KEYS: `k1:${secret}` }),
      (error: Error) => !error.message.includes(secret),
    );
  });

  it('reads several encryption keys, the first one seals', () => {
    const { ENCRYPTION_KEYS } = readEnv({
      ...development(),
      ENCRYPTION_KEYS: `new:${key()}, old:${key()}`,
    });
    assert.deepEqual(
      ENCRYPTION_KEYS.map(({ id }) => id),
      ['new', 'old'],
    );
    const twice = `k1:${key()},k1:${key()}`;
    assert.deepEqual(
      complaints(() => readEnv({ ...development(), ENCRYPTION_KEYS: twice })),
      ['ENCRYPTION_KEYS'],
    );
  });

  it('refuses half a captcha pair and names the other half', () => {
    const half = (name: string) => complaints(() => readEnv({ ...development(), [name]: 'something' }));
    assert.deepEqual(half('HCAPTCHA_SITEKEY'), ['HCAPTCHA_SECRET']);
    assert.deepEqual(half('HCAPTCHA_SECRET'), ['HCAPTCHA_SITEKEY']);
  });
});

describe('TRUST_PROXY', () => {
  const trust = (value: string) => readEnv({ ...development(), TRUST_PROXY: value }).TRUST_PROXY;

  it('is a number of hops, or networks', () => {
    assert.equal(trust('0'), 0);
    assert.equal(trust('2'), 2);
    assert.deepEqual(trust('10.0.0.0/8, 2001:db8::/32'), ['10.0.0.0/8', '2001:db8::/32']);
    assert.deepEqual(trust('loopback,192.0.2.7'), ['loopback', '192.0.2.7']);
  });

  for (const value of [
    'true',
    'TRUE',
    '*',
    'false',
    '10.0.0.0/33',
    '10.0.0.0/8/8',
    '-1',
    '0.0.0.0/0',
    '::/0',
  ]) {
    it(`is never ${value}`, () => {
      assert.deepEqual(
        complaints(() => trust(value)),
        ['TRUST_PROXY'],
      );
    });
  }
});

describe('in production', () => {
  it('a whole configuration is taken', () => {
    const env = readEnv(production());
    assert.equal(env.production, true);
    assert.equal(env.BASE_URL, 'https://petitions.example.org');
    assert.equal(env.MAIL_FROM, 'petitions@petitions.example.org');
  });

  it('everything that has no safe default must be set, for npm start too', () => {
    const needed = Object.keys(production()).filter((name) => name !== 'NODE_ENV');
    for (const read of [readEnv, readStartEnv]) {
      assert.deepEqual(complaints(() => read({ NODE_ENV: 'production' })).toSorted(), needed.toSorted());
    }
  });

  it('one missing key is enough to refuse', () => {
    for (const name of Object.keys(production()).filter((key) => key !== 'NODE_ENV')) {
      const without = { ...production(), [name]: '' };
      assert.ok(complaints(() => readEnv(without)).includes(name), `${name} was not missed`);
    }
  });

  it("hCaptcha's public test keys are refused, each of them", () => {
    const sitekeys = [
      '10000000-ffff-ffff-ffff-000000000001',
      '20000000-ffff-ffff-ffff-000000000002',
      '30000000-ffff-ffff-ffff-000000000003',
    ];
    for (const sitekey of sitekeys) {
      assert.deepEqual(
        complaints(() => readEnv({ ...production(), HCAPTCHA_SITEKEY: sitekey })),
        ['HCAPTCHA_SITEKEY'],
      );
    }
    const secret = '0x0000000000000000000000000000000000000000';
    assert.deepEqual(
      complaints(() => readEnv({ ...production(), HCAPTCHA_SECRET: secret })),
      ['HCAPTCHA_SECRET'],
    );
    assert.equal(
      readEnv({ ...development(), HCAPTCHA_SITEKEY: sitekeys[0], HCAPTCHA_SECRET: secret }).production,
      false,
    );
  });
});
