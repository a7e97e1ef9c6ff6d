import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pushRequestReader } from '@bowline/push-protocol';
import { seededRandom } from '@bowline/testing';
import { expect, it, onTestFinished } from 'vitest';
import { BLOCK_BYTES, dataFrames } from '../../src/push/data-frames.ts';

const block = () => Buffer.alloc(BLOCK_BYTES);

const CONTENT = Buffer.from(seededRandom(3).bytes(2_000_003));

const file = async (sizeBytes: number) => {
  const folder = mkdtempSync(join(tmpdir(), 'bowline-frames-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, 'file');
  writeFileSync(path, CONTENT.subarray(0, sizeBytes));
  const handle = await open(path);
  onTestFinished(() => handle.close());
  return { handle, path };
};

it.each([
  [0, 1],
  [0, 61_440],
  [0, 61_441],
  [7, 491_521],
  [491_520, 983_040],
  [1, 2_000_003],
])('bytes %i to %i of a file are read back from its frames', async (from, to) => {
  const { handle } = await file(to);
  const reader = pushRequestReader();
  const pieces: Uint8Array[] = [];
  let fileBytes = 0;
  for await (const read of dataFrames(handle, from, to, block)) {
    fileBytes += read.fileBytes;
    expect(Buffer.concat(read.pieces).byteLength).toBe(read.fileBytes);
    for (const request of reader.read(read.frames)) {
      expect(request.kind).toBe('data');
      if (request.kind === 'data') pieces.push(request.bytes);
    }
  }
  expect(reader.isAtBoundary).toBe(true);
  expect(fileBytes).toBe(to - from);
  expect(Buffer.concat(pieces).equals(CONTENT.subarray(from, to))).toBe(true);
});

it('a file that ends before its part is said with frames of nothing, and they are the last', async () => {
  const { handle, path } = await file(2_000_000);
  truncateSync(path, 700_000);
  const sizes: number[] = [];
  for await (const { fileBytes } of dataFrames(handle, 0, 2_000_000, block)) sizes.push(fileBytes);
  expect(sizes.at(-1)).toBe(0);
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(700_000);
});

it('nothing is left behind by whoever stops early', async () => {
  const { handle } = await file(2_000_003);
  for await (const { fileBytes } of dataFrames(handle, 0, 2_000_003, block)) {
    expect(fileBytes).toBeGreaterThan(0);
    break;
  }
});
