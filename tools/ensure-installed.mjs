// Runs before `npm start`, `npm test` and `npm run check`, on whatever Node the system has (20 or newer).
// Installs what the lock file asks for, and does nothing when that was done before.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stamp, wantedState } from './installed-state.mjs';

const NEEDED_NODE_MAJOR = 24;
const root = fileURLToPath(new URL('..', import.meta.url));

const isInstalled = () => existsSync(stamp) && readFileSync(stamp, 'utf8') === wantedState();

const install = () => {
  process.stderr.write('Installing what Bowline needs (about half a minute, once)…\n');
  const npm = process.env.npm_execpath;
  const [command, args] = npm?.endsWith('.js') ? [process.execPath, [npm, 'ci']] : ['npm', ['ci']];
  const { npm_config_omit: _omit, NODE_ENV: _nodeEnv, ...env } = process.env;
  const { status } = spawnSync(command, [...args, '--include=dev', '--include=optional', '--no-progress'], {
    cwd: root,
    env,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  if (status !== 0) {
    process.stderr.write('`npm ci` failed; its messages above say why. Nothing was started.\n');
    process.exit(1);
  }
  writeFileSync(stamp, wantedState());
};

/** The major version of the Node that `npm run` will find first, or 0. */
const runtimeMajor = () => {
  const local = join(root, 'node_modules', '.bin', 'node');
  const { stdout } = spawnSync(existsSync(local) ? local : process.execPath, ['--version'], { encoding: 'utf8' });
  return Number(/^v(\d+)\./.exec(stdout ?? '')?.[1] ?? 0);
};

if (!isInstalled()) install();
if (runtimeMajor() < NEEDED_NODE_MAJOR) {
  process.stderr.write(
    `Bowline needs Node ${NEEDED_NODE_MAJOR}, which it brings along for Linux on x64 and arm64 only: on ${process.platform} ${process.arch} please install Node ${NEEDED_NODE_MAJOR} or newer (this is ${process.version}).\n`,
  );
  process.exit(1);
}
