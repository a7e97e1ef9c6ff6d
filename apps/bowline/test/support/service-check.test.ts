import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { serviceCheck } from '../../src/support/service-check.ts';

const folder = mkdtempSync(join(tmpdir(), 'bowline-test-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const there = join(folder, 'bowline.service');
writeFileSync(there, '[Unit]');
const status = ['systemctl', '--user', 'is-active', 'bowline.service'] as const;

const checkOf = (said: string | null, file = there) =>
  serviceCheck({ file, status }, 'bowline', { run: async () => said });

describe('the service that starts the daemon', () => {
  it('runs, or there is none', async () => {
    expect(await checkOf(null)).toMatchObject({ name: 'service', result: 'ok', remedy: null });
    expect(await checkOf(null, join(folder, 'none'))).toMatchObject({ result: 'skipped', remedy: null });
  });

  it.each([
    ['failed', /installed, and it has failed\./],
    ['inactive', /and it is stopped\./],
    ['Access denied', /the system says of it: Access denied\./],
  ])('is not well (%s)', async (said, sentence) => {
    expect(await checkOf(said)).toMatchObject({
      result: 'warning',
      sentence: expect.stringMatching(sentence),
      remedy: expect.stringContaining('"bowline service install"'),
    });
  });

  it.each([
    'Failed to connect to bus: No medium found',
    '$DBUS_SESSION_BUS_ADDRESS and $XDG_RUNTIME_DIR not defined',
    'there is no systemctl on this system',
  ])('cannot be asked about (%s)', async (said) => {
    expect(await checkOf(said)).toMatchObject({
      result: 'skipped',
      sentence: expect.stringContaining(said),
      remedy: null,
    });
  });

  it.skipIf(process.platform === 'win32')('is masked', async () => {
    const masked = join(folder, 'masked.service');
    symlinkSync('/dev/null', masked);
    expect(await checkOf(null, masked)).toMatchObject({
      result: 'warning',
      remedy: 'Take that back with "systemctl --user unmask bowline.service".',
    });
  });
});
