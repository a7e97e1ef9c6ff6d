import { copyFileSync, existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { testDevice } from './two-devices.ts';

const NAME = 'day-2026-01-01.bak';

test('a backup is listed and restored while the device does not run', { timeout: 120_000 }, async () => {
  const device = testDevice('laptop', ['--relay', 'disabled', '--no-mdns']);
  await device.up();
  const refused = await device.run('backup', 'restore', NAME, '--yes');
  expect(refused.exitCode).not.toBe(0);
  await device.daemon().end();
  expect((await device.run('backup', 'list')).lines).toEqual([]);
  // One is made each day that a device runs; this one is of today.
  mkdirSync(join(device.dataDir, 'backups'), { mode: 0o700, recursive: true });
  copyFileSync(join(device.dataDir, 'store.db'), join(device.dataDir, 'backups', NAME));
  expect((await device.run('backup', 'list')).lines).toMatchObject([{ event: 'backup', name: NAME }]);
  expect((await device.run('backup', 'restore', NAME)).lines).toMatchObject([{ error: { code: 'WRONG_USE' } }]);
  expect((await device.run('backup', 'restore', NAME, '--yes')).lines).toMatchObject([
    { event: 'restored', name: NAME, deviceCount: 0 },
  ]);
  expect(existsSync(join(device.dataDir, 'store.db.replaced'))).toBe(true);
  const { device: restored } = (await device.up()) as { readonly device?: { readonly name: string } };
  expect(restored?.name).toBe('laptop');
});
