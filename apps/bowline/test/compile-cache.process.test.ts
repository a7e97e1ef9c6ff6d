import { execFile } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { PROGRAM_FILE } from '../src/program-file.ts';
import { temporaryFolder } from './two-devices.ts';

const runIn = async (home: string, temporary: string): Promise<void> => {
  const env = { PATH: process.env.PATH, HOME: home, TMPDIR: temporary };
  await promisify(execFile)(process.execPath, [PROGRAM_FILE, '--help'], { env });
};

it('compiled code is kept in a folder of the user’s own, and never in the shared temporary one', async () => {
  const home = temporaryFolder();
  const temporary = temporaryFolder();
  await runIn(home, temporary);
  const cache = join(home, '.cache', 'bowline', 'compiled');
  expect(readdirSync(cache)).not.toEqual([]);
  expect(statSync(cache).mode & 0o777).toBe(0o700);
  expect(existsSync(join(temporary, 'node-compile-cache'))).toBe(false);
});

it('without a private folder nothing is kept', async () => {
  const home = temporaryFolder();
  const temporary = temporaryFolder();
  const cache = join(home, '.cache', 'bowline', 'compiled');
  mkdirSync(cache, { recursive: true });
  chmodSync(cache, 0o777);
  await runIn(home, temporary);
  expect(readdirSync(cache)).toEqual([]);
  expect(readdirSync(temporary)).toEqual([]);
});
