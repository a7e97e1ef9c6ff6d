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
  const file = await partialFile(path, 10);
  expect([file.offset, file.missingBytes]).toEqual([4, 6]);
  await file.write(CONTENT.subarray(4));
  expect(await file.finish(HASH)).toBe(true);
  expect(readFileSync(path)).toEqual(CONTENT);
});

it('is removed when it does not fit, also when its beginning is what does not', async () => {
  const { path } = inFolder();
  writeFileSync(path, 'xx');
  const file = await partialFile(path, 10);
  await file.write(CONTENT.subarray(2));
  expect(await file.finish(HASH)).toBe(false);
  expect(existsSync(path)).toBe(false);
});

it('writes in large pieces what comes in small ones, and keeps what has come when it is closed', async () => {
  const { path } = inFolder();
  const content = Buffer.from(Array.from({ length: 1_500_000 }, (_, index) => (index * 31) % 251));
  const hash = createHash('sha256').update(content).digest();
  const first = await partialFile(path, content.byteLength);
  for (let at = 0; at < 1_000_000; at += 777) await first.write(content.subarray(at, Math.min(at + 777, 1_000_000)));
  await first.close();
  expect(readFileSync(path).equals(content.subarray(0, 1_000_000))).toBe(true);
  const second = await partialFile(path, content.byteLength);
  expect(second.offset).toBe(1_000_000);
  await second.write(content.subarray(1_000_000));
  expect(second.missingBytes).toBe(0);
  expect(await second.finish(hash)).toBe(true);
  expect(readFileSync(path).equals(content)).toBe(true);
});

it('keeps nothing of what it was given: whoever gives it may use the memory again', async () => {
  const { path } = inFolder();
  const file = await partialFile(path, 10);
  const lent = Buffer.from(CONTENT);
  await file.write(lent);
  lent.fill(0);
  expect(await file.finish(HASH)).toBe(true);
  expect(readFileSync(path)).toEqual(CONTENT);
});

it('takes no more than is missing', async () => {
  const file = await partialFile(inFolder().path, 10);
  await expect(file.write(Buffer.alloc(11))).rejects.toThrowError(RangeError);
});

it('never writes into a file of the person that it shares its bytes with, or points to', async () => {
  for (const join of [linkSync, symlinkSync]) {
    const { path, mine } = inFolder();
    writeFileSync(mine, 'mine');
    join(mine, path);
    const file = await partialFile(path, 10);
    expect(file.offset).toBe(0);
    await file.write(CONTENT);
    expect(await file.finish(HASH)).toBe(true);
    expect(readFileSync(mine, 'utf8')).toBe('mine');
  }
});
