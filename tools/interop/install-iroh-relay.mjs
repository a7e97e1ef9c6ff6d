// Builds n0's `iroh-relay`, once for each version, outside the checkout, and prints where it is.
// `IROH_RELAY=PATH` uses a binary that is there already.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** The newest release that `docs/protocol/relay.md` was compared with. */
const VERSION = '1.4.1';

const fail = (message) => {
  process.stderr.write(`${message}\n`);
  process.exit(1);
};

const demandVersion = (binary) => {
  const { stdout, error } = spawnSync(binary, ['--version'], { encoding: 'utf8' });
  if (error || stdout.trim() !== `iroh-relay ${VERSION}`) {
    fail(`${binary} is not iroh-relay ${VERSION}: it answers "${(stdout ?? '').trim() || error?.message}".`);
  }
  return binary;
};

const build = (folder) => {
  if (spawnSync('cargo', ['--version']).status !== 0) {
    fail(
      'These tests run against the real iroh-relay, which is built with cargo: install Rust (https://rustup.rs), or name a binary with IROH_RELAY.',
    );
  }
  process.stderr.write(`Building iroh-relay ${VERSION} into ${folder} (some minutes, once)…\n`);
  mkdirSync(folder, { recursive: true });
  const what = ['iroh-relay', '--version', VERSION, '--locked', '--features', 'server'];
  const { status } = spawnSync('cargo', ['install', ...what, '--quiet', '--root', folder], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  if (status !== 0) fail('`cargo install iroh-relay` failed; its messages above say why.');
};

/** Where a matching `iroh-relay` is; ends the process with a message when there can be none. */
export const installIrohRelay = () => {
  if (process.env.IROH_RELAY) return demandVersion(process.env.IROH_RELAY);
  const cache = process.env.XDG_CACHE_HOME || join(homedir(), '.cache');
  const folder = join(cache, 'bowline', `iroh-relay-${VERSION}`);
  const binary = join(folder, 'bin', 'iroh-relay');
  if (!existsSync(binary)) build(folder);
  return demandVersion(binary);
};

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) process.stdout.write(`${installIrohRelay()}\n`);
