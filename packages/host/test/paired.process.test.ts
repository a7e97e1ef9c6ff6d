import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { memoryLogger } from '@bowline/testing';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createHost, type Host } from '../src/index.ts';

const startedDevice = async (name: string): Promise<Host> => {
  const dataDir = mkdtempSync(join(tmpdir(), 'bowline-host-'));
  onTestFinished(() => rmSync(dataDir, { recursive: true, force: true }));
  const host = createHost({ dataDir, name, relay: 'disabled', bind: ['127.0.0.1'] }, { logger: memoryLogger() });
  onTestFinished(() => host.stop());
  await host.start();
  return host;
};

const paired = async (initiator: Host, joiner: Host): Promise<void> => {
  const offer = await initiator.pair({ policy: 'accept' });
  const joined = await joiner.join(offer.ticket);
  await Promise.all([offer.paired, joined.paired]);
};

describe('a device that has just been paired', () => {
  it('can be sent to in the moment it is told', async () => {
    const [laptop, phone] = [await startedDevice('laptop'), await startedDevice('phone')];
    const sent = new Promise((resolve, reject) => {
      phone.on('pairing.completed', ({ device }) => {
        phone.send(device.id, 'hello').then(resolve, reject);
      });
    });
    await paired(laptop, phone);
    await expect(sent).resolves.toHaveProperty('elapsedMs');
  });

  it('can be unpaired in the moment it is told, and stays so', async () => {
    const [laptop, phone] = [await startedDevice('laptop'), await startedDevice('phone')];
    const unpaired = new Promise((resolve, reject) => {
      phone.on('pairing.completed', ({ device }) => {
        phone.unpair(device.id).then(() => resolve(undefined), reject);
      });
    });
    const removed = new Promise((resolve) => void laptop.on('device.removed', resolve));
    await paired(laptop, phone);
    await unpaired;
    expect(phone.devices()).toEqual([]);
    // The laptop dials, and is told.
    await expect(removed).resolves.toMatchObject({ name: 'phone', by: 'peer' });
    expect((await phone.status()).peers).toEqual([]);
  });
});
