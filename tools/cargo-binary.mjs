// Programs of Rust that tests run against: built once for each version, outside the checkout, with cargo.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

const fail = (message) => {
  process.stderr.write(`${message}\n`);
  process.exit(1);
};

const demandVersion = ({ crate, version }, binary) => {
  const { stdout, error } = spawnSync(binary, ['--version'], { encoding: 'utf8' });
  if (error || stdout.trim() !== `${crate} ${version}`) {
    fail(`${binary} is not ${crate} ${version}: it answers "${(stdout ?? '').trim() || error?.message}".`);
  }
  return binary;
};

const build = ({ crate, version, args, env, variable, why }, folder) => {
  if (spawnSync('cargo', ['--version']).status !== 0) {
    fail(`${why}, which is built with cargo: install Rust (https://rustup.rs), or name a binary with ${variable}.`);
  }
  process.stderr.write(`Building ${crate} ${version} into ${folder} (some minutes, once)…\n`);
  mkdirSync(folder, { recursive: true });
  const what = [crate, '--version', version, '--locked', ...args];
  const { status } = spawnSync('cargo', ['install', ...what, '--quiet', '--root', folder], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, ...env },
  });
  if (status !== 0) fail(`\`cargo install ${crate}\` failed; its messages above say why.`);
};

/**
 * Where a binary of exactly this version is; ends the process with a message when there can be none. `variable` names the
 * environment variable by which a binary that is there already is used.
 */
export const cargoBinary = (program) => {
  const given = process.env[program.variable];
  if (given) return demandVersion(program, given);
  const cache = process.env.XDG_CACHE_HOME || join(homedir(), '.cache');
  const folder = join(cache, 'bowline', `${program.crate}-${program.version}`);
  const binary = join(folder, 'bin', program.crate);
  if (!existsSync(binary)) build(program, folder);
  return demandVersion(program, binary);
};
