// Makes a bare machine ready. Runs on plain Node 20 before anything is installed, so it may import nothing but Node.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { accessSync, constants, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';

const root = join(import.meta.dirname, '..');
const goal = process.argv[2] ?? 'start';

const say = (text) => process.stderr.write(`setup: ${text}\n`);
const giveUp = (text) => {
  process.stderr.write(`\nsetup: ${text}\n\n`);
  process.exit(1);
};

/** Runs a command and shows what it prints; returns whether it succeeded. */
const run = (command, args, env = {}) =>
  spawnSync(command, args, { cwd: root, stdio: ['ignore', 2, 2], env: { ...process.env, ...env } }).status ===
  0;

const isOnPath = (command) =>
  [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin'].some((folder) => {
    try {
      accessSync(join(folder, command), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });

function checkNode() {
  const major = Number(process.versions.node.split('.')[0]);
  if (major < 20)
    giveUp(`Node ${process.versions.node} is too old. Install Node 20 or newer: https://nodejs.org`);
}

/** `npm ci`, unless what is installed is what package-lock.json says. */
function installPackages() {
  const stamp = join(root, 'node_modules', '.installed');
  const lock = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');
  const isInstalled =
    existsSync(stamp) &&
    readFileSync(stamp, 'utf8') === lock &&
    existsSync(join(root, 'node_modules/.bin/node'));
  if (isInstalled) return;
  say('installing the npm packages (npm ci), about a minute the first time ...');
  if (!run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'])) {
    giveUp('npm ci failed, see above. Check the network and the npm registry, then try again.');
  }
  writeFileSync(stamp, lock);
}

/** A program from Debian; `instead` is what helps where it cannot be installed, `refuse` what then becomes of it all. */
function installProgram(command, debianPackage, instead, refuse = giveUp) {
  if (isOnPath(command)) return;
  const byHand = `install it (Debian and Ubuntu: sudo apt-get install ${debianPackage})${instead}, then try again.`;
  if (!isOnPath('apt-get')) return refuse(`${command} is missing and there is no apt-get here: ${byHand}`);
  if (process.getuid?.() !== 0)
    return refuse(`${command} is missing and only root may install it: ${byHand}`);
  say(`installing ${debianPackage} from Debian (apt-get) ...`);
  const quietly = { DEBIAN_FRONTEND: 'noninteractive' };
  const install = () =>
    run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', debianPackage], quietly);
  if (!install() && !(run('apt-get', ['update', '-qq']) && install())) {
    refuse(`apt-get could not install ${debianPackage}, see above: ${byHand}`);
  }
}

checkNode();
installPackages();
if (['test', 'faults', 'bench'].includes(goal) || (goal === 'start' && !process.env.REDIS_URL)) {
  installProgram(
    'redis-server',
    'redis-server',
    goal === 'start' ? ', or set REDIS_URL to a Redis you have' : '',
  );
}
if (goal === 'test') {
  installProgram('chromium', 'chromium', '');
  installProgram('nginx', 'nginx', ' for the test of rolling restarts, which is left out without it', say);
}
if (['test', 'faults', 'bench'].includes(goal)) installProgram('openssl', 'openssl', '');
if (goal === 'bench') installProgram('wrk', 'wrk', '');
