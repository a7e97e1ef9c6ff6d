import { chmodSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { type DaemonAddress, readDaemonAddress, writeDaemonAddress } from '../../src/daemon/daemon-address.ts';
import { ownUserId } from '../../src/trust/untrusted-part.ts';

const address: DaemonAddress = { path: '/run/x.sock', secret: 'ab'.repeat(32), pid: 7 };

const dataDirectory = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'bowline-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
};

it('is read as it was written, by its owner alone', () => {
  const dataDir = dataDirectory();
  expect(readDaemonAddress(dataDir)).toBeNull();
  writeDaemonAddress(dataDir, { ...address, pid: 6 });
  writeDaemonAddress(dataDir, address);
  expect(readDaemonAddress(dataDir)).toEqual(address);
  expect(statSync(join(dataDir, 'daemon.json')).mode & 0o777).toBe(0o600);
});

it('of somebody else, or open to others, is not believed', () => {
  const dataDir = dataDirectory();
  writeDaemonAddress(dataDir, address);
  const stranger = (ownUserId() ?? 0) + 1;
  expect(() => readDaemonAddress(dataDir, stranger)).toThrow(/belongs to user/);
  chmodSync(join(dataDir, 'daemon.json'), 0o666);
  expect(() => readDaemonAddress(dataDir)).toThrow(expect.objectContaining({ code: 'DAEMON_FOREIGN' }));
});

it('behind a link, too long, or of another shape is not believed', () => {
  const linked = dataDirectory();
  writeFileSync(join(linked, 'elsewhere'), JSON.stringify(address), { mode: 0o600 });
  symlinkSync('elsewhere', join(linked, 'daemon.json'));
  expect(() => readDaemonAddress(linked)).toThrow(expect.objectContaining({ code: 'DAEMON_FOREIGN' }));
  for (const text of ['', '{}', 'x'.repeat(5_000), JSON.stringify({ ...address, secret: 'short' })]) {
    const dataDir = dataDirectory();
    writeFileSync(join(dataDir, 'daemon.json'), text, { mode: 0o600 });
    expect(() => readDaemonAddress(dataDir)).toThrow(/not what a daemon writes/);
  }
});
