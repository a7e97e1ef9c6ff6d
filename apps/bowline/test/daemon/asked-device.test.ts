import { brandAs, type DeviceId, type JournalEntry } from '@bowline/contracts';
import { DeviceNotFoundError, findDevice, type Host } from '@bowline/host';
import { describe, expect, it } from 'vitest';
import { askedDevice } from '../../src/daemon/asked-device.ts';

const deviceId = brandAs<DeviceId>('d-2nskq5g2apnwaojq');
const atMs = Date.UTC(2026, 10, 30, 16, 3, 59);

const entry = (event: string, data: JournalEntry['data']): JournalEntry => ({
  position: 1,
  atMs,
  event,
  deviceId,
  data,
});

/** A host that has no paired device, and a journal. */
const hostWith = (journal: () => Promise<readonly JournalEntry[]>) =>
  ({
    devices: () => [],
    findDevice: (query: string) => findDevice([], query),
    journal,
  }) as unknown as Host;

const askedFor = (query: string, ...entries: readonly JournalEntry[]) =>
  askedDevice(
    hostWith(async () => entries),
    query,
  );

describe('a device that is not paired any more', () => {
  const gone = entry('device.removed', { name: 'Phone', by: 'peer' });

  it('is said to be so by its name or its id, with who unpaired it and when', async () => {
    for (const query of ['phone', deviceId, deviceId.slice(0, 8)]) {
      await expect(askedFor(query, gone)).rejects.toMatchObject({
        code: 'DEVICE_NOT_FOUND',
        message: `"${query}" is not paired any more: it unpaired this device on 2026-11-30 at 16:03 UTC. Pair the two anew to use it.`,
        data: { query, removedBy: 'peer', removedAtMs: atMs },
      });
    }
  });

  it('is judged by the last time', async () => {
    const here = { ...entry('device.removed', { name: 'phone', by: 'us' }), atMs: atMs + 60_000 };
    await expect(askedFor('phone', gone, here)).rejects.toThrow('it was unpaired here on 2026-11-30 at 16:04 UTC');
  });

  it('is not one that was called otherwise, and not one that another entry names', async () => {
    const said = 'No paired device is called "tablet"; no device is paired yet.';
    await expect(askedFor('tablet', gone, entry('device.renamed', { name: 'tablet' }))).rejects.toThrow(said);
    await expect(askedFor('tablet', entry('device.removed', { name: 7 }))).rejects.toThrow(said);
  });
});

it('is not found, whatever is wrong with the journal', async () => {
  const host = hostWith(() => Promise.reject(new Error('the disk is gone')));
  await expect(askedDevice(host, 'phone')).rejects.toBeInstanceOf(DeviceNotFoundError);
});
