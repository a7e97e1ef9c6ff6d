import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { HonestDevice } from './honest/honest-device.ts';

const MEBIBYTE = 1_024 * 1_024;

/** More than one go of small files, so that they are saved by threads. */
const SMALL_FILES = 200;
const SMALL_FILE_BYTES = 2_000;

const LARGE_FILE_BYTES = 16 * MEBIBYTE;
const STREAM_BYTES = 4_000_000;
const MESSAGE_BYTES = 100_000;
const MAX_BYTES = 64 * MEBIBYTE;

/** Everything two paired devices do with each other, once each way. */
export const useHonestly = async (one: HonestDevice, other: HonestDevice): Promise<void> => {
  const folder = mkdtempSync(join(tmpdir(), 'bowline-hostile-use-'));
  try {
    const files = filesIn(join(folder, 'sent'));
    for (const [from, to] of [
      [one, other],
      [other, one],
    ] as const) {
      await sayAll(from, to);
      const received = mkdtempSync(join(folder, 'received-'));
      await to.call('receive', received, MAX_BYTES);
      await from.call('push', await onlyDevice(from), [files]);
      await to.call('receiveOff');
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

const onlyDevice = async (device: HonestDevice): Promise<string> => (await device.call('devices'))[0]?.id ?? '';

const filesIn = (dir: string): string => {
  mkdirSync(dir);
  for (let count = 0; count < SMALL_FILES; count += 1)
    writeFileSync(join(dir, `${count}`), randomBytes(SMALL_FILE_BYTES));
  writeFileSync(join(dir, 'large'), randomBytes(LARGE_FILE_BYTES));
  return dir;
};

/** Pings, messages of either size, and a stream. */
const sayAll = async (from: HonestDevice, to: HonestDevice): Promise<void> => {
  const [toId, fromId] = [await onlyDevice(from), await onlyDevice(to)];
  await from.call('ping', toId);
  for (const text of ['short', 'x'.repeat(MESSAGE_BYTES)]) await from.call('send', toId, text);
  while ((await to.call('inbox', fromId)).length < 2) await from.call('ping', toId);
  await to.call('take', fromId);
  await to.call('serveBytes');
  const { isWhole } = await from.call('sendBytes', STREAM_BYTES);
  if (!isWhole) throw new Error('a stream between honest devices is not whole');
};
