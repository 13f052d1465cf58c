import { isIP } from 'node:net';
import { z } from 'zod';

/** hCaptcha's published test keys: they let every robot through. https://docs.hcaptcha.com/#integration-testing-test-keys */
const publicTestSitekeys = /^[123]0000000-ffff-ffff-ffff-00000000000[123]$/;
export const publicTestSecret = /^0x0+$/;

const text = z.string().trim();
const storeUrl = (...protocols: string[]) =>
  text.refine(
    (value) => protocols.some((protocol) => value.startsWith(`${protocol}://`)) && URL.canParse(value),
    {
      error: `must be a URL that starts with ${protocols.map((protocol) => `${protocol}://`).join(' or ')}`,
    },
  );

const secretBytes = text.transform((value, context) => {
  const bytes = Buffer.from(value, 'base64');
  if (bytes.length === 32) return bytes;
  context.addIssue({ code: 'custom', message: 'must be 32 bytes in base64 (openssl rand -base64 32)' });
  return z.NEVER;
});

/** `id:base64[,id:base64...]`; the first key seals, all of them open. */
const encryptionKeys = text.transform((value, context) => {
  const keys = value.split(',').map((entry) => {
    const [, id, key] = /^\s*([a-z0-9]{1,16}):(.+)$/i.exec(entry) ?? [];
    return { id: id ?? '', key: Buffer.from(key ?? '', 'base64') };
  });
  const ids = new Set(keys.map(({ id }) => id));
  if (ids.size === keys.length && keys.every(({ id, key }) => id && key.length === 32)) return keys;
  context.addIssue({ code: 'custom', message: 'must be id:key[,id:key...], each key 32 bytes in base64' });
  return z.NEVER;
});

const isCidr = (value: string): boolean => {
  const [address = '', prefix, ...rest] = value.split('/');
  const bits = isIP(address) === 6 ? 128 : 32;
  return (
    isIP(address) > 0 &&
    rest.length === 0 &&
    (prefix === undefined || (/^\d+$/.test(prefix) && +prefix > 0 && +prefix <= bits))
  );
};

/** Express's `trust proxy`: a number of hops or a list of addresses; never `true`, which believes everybody. */
const trustProxy = text.transform((value, context) => {
  if (/^\d{1,2}$/.test(value)) return Number(value);
  const networks = value.split(',').map((network) => network.trim());
  const known = ['loopback', 'linklocal', 'uniquelocal'];
  if (networks.every((network) => known.includes(network) || isCidr(network))) return networks;
  context.addIssue({ code: 'custom', message: 'must be a number of hops or a list of CIDRs, never true' });
  return z.NEVER;
});

const baseUrl = text.transform((value, context) => {
  const url = URL.canParse(value) ? new URL(value) : undefined;
  if (url && /^https?:$/.test(url.protocol) && url.pathname === '/' && !url.search && !url.hash)
    return url.origin;
  context.addIssue({
    code: 'custom',
    message: 'must be an http(s) address without a path, such as https://example.org',
  });
  return z.NEVER;
});

const mailbox = text.regex(/^[^\r\n<>@]*(<[^\s<>@]+@[^\s<>@]+>|[^\s<>@]+@[^\s<>@]+)$/, {
  error: 'must be an address or Name <address>',
});

const schema = z.object({
  NODE_ENV: z.enum(['development', 'test', 'production']).default('development'),
  PORT: z.coerce.number().int().min(0).max(65535).default(3000),
  DATA_DIR: text.default('./data'),
  BASE_URL: baseUrl.optional(),
  MONGODB_URL: storeUrl('mongodb', 'mongodb+srv'),
  REDIS_URL: storeUrl('redis', 'rediss'),
  SMTP_URL: storeUrl('smtp', 'smtps').optional(),
  MAIL_FROM: mailbox.optional(),
  HCAPTCHA_SITEKEY: text.optional(),
  HCAPTCHA_SECRET: text.optional(),
  TRUST_PROXY: trustProxy.default(0),
  /** Where a worker process says how it is; a web process does on its own port. */
  METRICS_PORT: z.coerce.number().int().min(0).max(65535).optional(),
  METRICS_HOST: text.default('127.0.0.1'),
  METRICS_TOKEN: text.min(16, { error: 'must have 16 characters or more' }).optional(),
  SAMPLES: z.enum(['0', '1']).default('1'),
  SENDER_NAME: text.max(80).default('Undersigned'),
  SENDER_ADDRESS: text.max(200).default(''),
  ENCRYPTION_KEYS: encryptionKeys,
  LOOKUP_KEY: secretBytes,
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'silent']).default('info'),
  /** Open North's Represent, or a copy of it. */
  REPRESENT_URL: baseUrl.default('https://represent.opennorth.ca'),
});

/** What `npm start` brings itself when it is not given. */
const startSchema = schema.partial({
  MONGODB_URL: true,
  REDIS_URL: true,
  ENCRYPTION_KEYS: true,
  LOOKUP_KEY: true,
});

export type Env = ReturnType<typeof readEnv>;
export type StartEnv = ReturnType<typeof readStartEnv>;
type Source = Record<string, string | undefined>;

/** One message that names every key that is wrong. */
export class EnvError extends Error {
  override name = 'EnvError';
  constructor(problems: string[]) {
    super(`The configuration cannot be used:\n${problems.map((problem) => `  ${problem}`).join('\n')}`);
  }
}

/** The whole configuration, for the web and worker processes. Throws {@link EnvError}. */
export const readEnv = (source: Source = process.env) => parse(schema, source);

/** The configuration as `npm start` reads it, before it starts what is missing. Throws {@link EnvError}. */
export const readStartEnv = (source: Source = process.env) => parse(startSchema, source);

function parse<Schema extends typeof schema | typeof startSchema>(shape: Schema, source: Source) {
  const given = Object.fromEntries(Object.entries(source).filter(([, value]) => value?.trim()));
  const parsed = shape.safeParse(given);
  const problems = (parsed.error?.issues ?? []).map(({ path, message }) => {
    const key = String(path[0]);
    return `${key}: ${given[key] === undefined ? 'is not set' : message}`;
  });
  problems.push(
    ...captchaProblems(given),
    ...(given.NODE_ENV === 'production' ? missingInProduction(given) : []),
  );
  if (!parsed.success || problems.length > 0) throw new EnvError([...new Set(problems)]);

  const env = parsed.data as z.output<Schema>;
  const origin = env.BASE_URL ?? `http://localhost:${env.PORT}`;
  return {
    ...env,
    BASE_URL: origin,
    MAIL_FROM: env.MAIL_FROM ?? `petitions@${new URL(origin).hostname}`,
    production: env.NODE_ENV === 'production',
  };
}

function captchaProblems({ HCAPTCHA_SITEKEY: sitekey, HCAPTCHA_SECRET: secret, NODE_ENV }: Source): string[] {
  if (sitekey && !secret) return ['HCAPTCHA_SECRET: is not set, but HCAPTCHA_SITEKEY is'];
  if (secret && !sitekey) return ['HCAPTCHA_SITEKEY: is not set, but HCAPTCHA_SECRET is'];
  if (NODE_ENV !== 'production') return [];
  return [
    ...(publicTestSitekeys.test(sitekey ?? '')
      ? ['HCAPTCHA_SITEKEY: is a public test key, which stops no robot']
      : []),
    ...(publicTestSecret.test(secret ?? '')
      ? ['HCAPTCHA_SECRET: is a public test key, which stops no robot']
      : []),
  ];
}

function missingInProduction(given: Source): string[] {
  const needed = [
    ...['BASE_URL', 'MONGODB_URL', 'REDIS_URL', 'SMTP_URL', 'HCAPTCHA_SITEKEY', 'HCAPTCHA_SECRET'],
    ...['ENCRYPTION_KEYS', 'LOOKUP_KEY'],
  ];
  return needed.filter((key) => !given[key]).map((key) => `${key}: is not set`);
}
