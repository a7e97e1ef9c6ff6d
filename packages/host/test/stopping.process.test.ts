import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { memoryLogger } from '@bowline/testing';
import { expect, it, onTestFinished } from 'vitest';
import { createHost } from '../src/index.ts';

it('a host that stops settles every pairing that waits, and tells its end', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'bowline-host-'));
  onTestFinished(() => rmSync(dataDir, { recursive: true, force: true }));
  const options = { dataDir, name: 'nas', relay: 'disabled', bind: ['127.0.0.1'] } as const;
  const host = createHost(options, { logger: memoryLogger() });
  onTestFinished(() => host.stop());
  await host.start();
  const told = new Map<string, string>();
  host.on('pairing.failed', ({ sessionId, code }) => told.set(sessionId, code));
  const offer = await host.pair();
  const other = `${'abandon '.repeat(11)}about`;
  const controller = new AbortController();
  const joining = await host.join(other, { signal: controller.signal });
  await host.stop();
  expect([...told.values()]).toEqual(['CANCELLED', 'CANCELLED']);
  expect([offer, joining].every(({ sessionId }) => told.has(sessionId))).toBe(true);
  await expect(offer.paired).rejects.toMatchObject({ code: 'CANCELLED' });
  await expect(joining.paired).rejects.toMatchObject({ code: 'CANCELLED' });
  controller.abort();
});
