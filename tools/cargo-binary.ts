import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** A program of Rust that something here runs against. */
export interface CargoProgram {
  readonly crate: string;
  readonly version: string;
  /** Further arguments of `cargo install`. */
  readonly args: readonly string[];
  /** What the build's environment holds beside the usual. */
  readonly env: Readonly<Record<string, string>>;
  /** The environment variable that names a binary which is there already. */
  readonly variable: string;
  /** The beginning of a sentence that ends in ", which is built with cargo". */
  readonly why: string;
}

const fail = (message: string): never => {
  process.stderr.write(`${message}\n`);
  process.exit(1);
};

const demandVersion = ({ crate, version }: CargoProgram, binary: string): string => {
  const { error, stdout } = spawnSync(binary, ['--version'], { encoding: 'utf8' });
  if (error !== undefined || stdout.trim() !== `${crate} ${version}`) {
    fail(`${binary} is not ${crate} ${version}: it answers "${(stdout ?? '').trim() || error?.message}".`);
  }
  return binary;
};

const build = ({ args, crate, env, variable, version, why }: CargoProgram, folder: string): void => {
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
 * Where a binary of exactly this version is: built once, outside the checkout, in the user's cache folder. Ends the process with
 * a message when there can be none.
 */
export const cargoBinary = (program: CargoProgram): string => {
  const given = process.env[program.variable];
  if (given !== undefined && given !== '') return demandVersion(program, given);
  const cache = process.env.XDG_CACHE_HOME || join(homedir(), '.cache');
  const folder = join(cache, 'bowline', `${program.crate}-${program.version}`);
  const binary = join(folder, 'bin', program.crate);
  if (!existsSync(binary)) build(program, folder);
  return demandVersion(program, binary);
};
