import { createHash } from 'node:crypto';
import { existsSync, linkSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { partialFile } from '../../src/push/partial-file.ts';

const CONTENT = Buffer.from('0123456789');
const HASH = createHash('sha256').update(CONTENT).digest();

const inFolder = () => {
  const folder = mkdtempSync(join(tmpdir(), 'bowline-partial-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return { path: join(folder, 'partial'), mine: join(folder, 'mine') };
};

it('goes on where an earlier one ended, and tells whether the whole fits', async () => {
  const { path } = inFolder();
  writeFileSync(path, CONTENT.subarray(0, 4));
  const file = await partialFile(path, 10, HASH);
  expect([file.offset, file.missingBytes]).toEqual([4, 6]);
  await file.write(CONTENT.subarray(4));
  expect(await file.finish()).toBe(true);
  expect(readFileSync(path)).toEqual(CONTENT);
});

it('is removed when it does not fit, also when its beginning is what does not', async () => {
  const { path } = inFolder();
  writeFileSync(path, 'xx');
  const file = await partialFile(path, 10, HASH);
  await file.write(CONTENT.subarray(2));
  expect(await file.finish()).toBe(false);
  expect(existsSync(path)).toBe(false);
});

it('takes no more than is missing', async () => {
  const file = await partialFile(inFolder().path, 10, HASH);
  await expect(file.write(Buffer.alloc(11))).rejects.toThrowError(RangeError);
});

it('never writes into a file of the person that it shares its bytes with, or points to', async () => {
  for (const join of [linkSync, symlinkSync]) {
    const { path, mine } = inFolder();
    writeFileSync(mine, 'mine');
    join(mine, path);
    const file = await partialFile(path, 10, HASH);
    expect(file.offset).toBe(0);
    await file.write(CONTENT);
    expect(await file.finish()).toBe(true);
    expect(readFileSync(mine, 'utf8')).toBe('mine');
  }
});
