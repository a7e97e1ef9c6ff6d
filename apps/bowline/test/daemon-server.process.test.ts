import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Host } from '@bowline/host';
import { systemClock, systemRandom } from '@bowline/system-ports';
import { memoryLogger } from '@bowline/testing';
import { expect, it, onTestFinished } from 'vitest';
import { daemonServer } from '../src/daemon/daemon-server.ts';
import { temporaryFolder } from './two-devices.ts';

const accessOf = (path: string): number => statSync(path).mode & 0o777;
const OTHERS = 0o077;

it('the socket of the daemon is its owner’s alone from its first moment', async () => {
  const umask = process.umask(0o022);
  onTestFinished(() => {
    process.umask(umask);
  });
  const folder = temporaryFolder();
  const path = join(folder, 'daemon.sock');
  const server = daemonServer(
    {} as Host,
    {
      dataDir: folder,
      runtimeDir: null,
      temporaryDir: folder,
      stop: () => undefined,
      openInspector: async () => '',
      inspectorUrl: () => null,
    },
    { logger: memoryLogger(), clock: systemClock, random: systemRandom },
  );
  onTestFinished(() => server.stop());
  const starting = server.start();
  expect(accessOf(path) & OTHERS).toBe(0);
  await starting;
  expect(accessOf(path)).toBe(0o600);
  const beside = join(folder, 'beside');
  writeFileSync(beside, '');
  expect(accessOf(beside)).toBe(0o644);
});
