import { chmodSync, existsSync, lstatSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { privateFolder } from '../../src/trust/private-folder.ts';
import { ownUserId } from '../../src/trust/untrusted-part.ts';

const temporary = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'bowline-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
};
const modeOf = (path: string): number => lstatSync(path).mode & 0o777;

it('makes a folder for its owner alone, and takes it again', () => {
  const path = join(temporary(), 'a', 'b');
  expect(privateFolder(path)).toEqual({ path });
  expect(modeOf(path)).toBe(0o700);
  chmodSync(path, 0o755);
  expect(privateFolder(path)).toEqual({ path });
  expect(modeOf(path)).toBe(0o700);
});

it('refuses a folder others could write to, for what they left would stay', () => {
  const path = join(temporary(), 'open');
  mkdirSync(path);
  for (const mode of [0o777, 0o1777, 0o770]) {
    chmodSync(path, mode);
    expect(privateFolder(path)).toMatchObject({ path: null, problem: expect.stringContaining(path) });
    expect(modeOf(path)).toBe(mode & 0o777);
  }
});

it('refuses a link in its place, and makes nothing behind somebody else’s', () => {
  const folder = temporary();
  const path = join(folder, 'link');
  symlinkSync(folder, path);
  expect(privateFolder(path)).toMatchObject({ path: null });
  const stranger = (ownUserId() ?? 0) + 1;
  expect(privateFolder(join(path, 'inside'), stranger)).toMatchObject({ path: null });
  expect(existsSync(join(folder, 'inside'))).toBe(stranger === 1);
});

it('refuses what is no folder, and what cannot be made', () => {
  expect(privateFolder('/dev/null')).toMatchObject({ path: null });
  expect(privateFolder('/proc/nope')).toMatchObject({ path: null });
});
