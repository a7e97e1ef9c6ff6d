import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { HostEvent, HostEventName } from '@bowline/contracts';
import { memoryLogger } from '@bowline/testing';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createHost, type Host } from '../src/index.ts';
import { INLINE } from '../src/placement.ts';
import { pairHosts } from './loopback-device.ts';

const folder = (): string => {
  const made = mkdtempSync(join(tmpdir(), 'bowline-copy-'));
  onTestFinished(() => rmSync(made, { recursive: true, force: true }));
  return made;
};

interface Opened {
  readonly host: Host;
  /** The first event of this name since the start that fits, told already or to come. */
  readonly told: <N extends HostEventName>(
    name: N,
    fits?: (event: Extract<HostEvent, { event: N }>) => boolean,
  ) => Promise<Extract<HostEvent, { event: N }>>;
}

/** All in this process, for what is looked at is what they say to each other. */
const open = async (dataDir: string, name: string): Promise<Opened> => {
  const options = { dataDir, name, relay: 'disabled', bind: ['127.0.0.1'], mdns: false, placement: INLINE } as const;
  const host = createHost(options, { logger: memoryLogger() });
  const events: HostEvent[] = [];
  const waiting = new Set<() => void>();
  host.onAny((event) => {
    events.push(event);
    for (const look of waiting) look();
  });
  onTestFinished(() => host.stop());
  await host.start();
  return {
    host,
    told: (event, fits = () => true) =>
      new Promise((resolve) => {
        const look = (): void => {
          const found = events.find((each) => each.event === event && fits(each as never));
          if (found === undefined) return;
          waiting.delete(look);
          resolve(found as never);
        };
        waiting.add(look);
        look();
      }),
  };
};

const copyOf = (dataDir: string): string => {
  const copy = folder();
  cpSync(dataDir, copy, { recursive: true });
  return copy;
};

/** A message that has arrived: whatever was said on the link before has, too. */
const talk = (host: Host): Promise<unknown> => host.send(host.devices()[0]!.id, 'hello');

/** Two paired devices, the first of them stopped. */
const arrange = async () => {
  const [ofLaptop, ofNas] = [folder(), folder()];
  const laptop = await open(ofLaptop, 'laptop');
  const nas = await open(ofNas, 'nas');
  await pairHosts(nas.host, laptop.host);
  await talk(laptop.host);
  await laptop.host.stop();
  return { ofLaptop, nas };
};

describe('a device that was restored from an older copy of its data', () => {
  it('is shown so by the other one, goes on, and says what it has forgotten', async () => {
    const { ofLaptop } = await arrange();
    const older = copyOf(ofLaptop);
    for (let starts = 0; starts < 3; starts += 1) {
      const { host, told } = await open(ofLaptop, 'laptop');
      await told('device.connected');
      await talk(host);
      await host.stop();
    }

    const { host, told } = await open(older, 'laptop');
    expect(await told('identity.restored')).toMatchObject({ forgottenStarts: 3 });
    await told('device.connected');
    expect((await host.status()).store.problem).toBeNull();
    await talk(host);
  });
});

describe('a device that runs twice from copies of the same data', () => {
  it('is recognized, said on all sides, keeps its messages, and is back once one of the two has ended', async () => {
    const { ofLaptop, nas } = await arrange();
    const ofCopy = copyOf(ofLaptop);
    const laptop = await open(ofLaptop, 'laptop');
    await laptop.told('device.connected');
    const copy = await open(ofCopy, 'laptop');
    expect(await nas.told('device.cloned')).toMatchObject({ name: 'laptop', isCloned: true });
    for (const { told } of [laptop, copy]) {
      expect(await told('store.problemChanged')).toMatchObject({ problem: { code: 'IDENTITY_CLONED' } });
    }
    const { store } = await laptop.host.status();
    expect(store.problem?.remedy).toContain('end one of the two');

    const kept = await laptop.host.send(laptop.host.devices()[0]!.id, 'kept meanwhile', { persist: true });
    const explained = () => nas.host.explain(nas.host.devices()[0]!.id);
    await expect.poll(async () => (await explained()).cause).toBe('offline-cloned');
    await copy.host.stop();
    await nas.told('device.cloned', ({ isCloned }) => !isCloned);
    await kept.delivered;
    await nas.told('message.received', ({ text }) => text === 'kept meanwhile');
    await expect.poll(async () => (await laptop.host.status()).store.problem).toBeNull();
    await expect.poll(async () => (await explained()).cause).not.toBe('offline-cloned');
  });
});
