import { readFileSync } from 'node:fs';
import { Agent } from 'node:https';

/**
 * Loaded before the web process (`--import`): connections to hcaptcha.com end at the fake one on loopback. Agents keep
 * them under the name they asked for, so keep-alive works as it would.
 */
const { BENCH_HCAPTCHA_PORT, BENCH_CERT } = process.env;
const ca = readFileSync(BENCH_CERT ?? '');
const port = Number(BENCH_HCAPTCHA_PORT);
const connect = Agent.prototype.createConnection;

Agent.prototype.createConnection = function redirected(options, ...rest) {
  const isOurs = (options as { host?: string }).host === 'hcaptcha.com';
  const target = isOurs ? { ...options, host: '127.0.0.1', port, ca, servername: 'hcaptcha.com' } : options;
  return connect.call(this, target, ...rest);
};
