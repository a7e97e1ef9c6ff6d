import { brandAs, deviceIdOf, type EndpointId, type HostEvent, type PeerDevice } from '@bowline/contracts';
import { settle } from '@bowline/testing';
import { describe, expect, it } from 'vitest';
import { deviceDirectory } from '../src/device-directory.ts';
import type { System } from '../src/system.ts';
import { tellPairings } from '../src/wiring/tell-pairings.ts';

const NAS = brandAs<EndpointId>('cc'.repeat(32));
const DEVICE: PeerDevice = {
  id: deviceIdOf(NAS),
  endpointId: NAS,
  name: 'nas',
  platform: 'linux',
  pairingState: 'pending',
  pairedAtMs: 1,
  relayInfo: null,
  directAddresses: [],
  incarnation: 0,
  lastReceived: null,
  lastSeenAtMs: null,
};
const FAILURE = { sessionId: 'one', role: 'joiner', code: 'CANCELLED', reason: 'Cancelled.', attempts: [] };

/** A host whose parts answer nothing and whose pairings end as the test says. */
const arrange = (known: readonly PeerDevice[]) => {
  const directory = deviceDirectory();
  for (const device of known) directory.put(device);
  const unpaired: EndpointId[] = [];
  const asked: string[] = [];
  const told: HostEvent[] = [];
  const listeners = new Map<string, (payload: unknown) => void>();
  const part = (name: string) => ({
    client: {
      on: (event: string, listener: (payload: unknown) => void) => {
        if (name === 'pairing') listeners.set(event, listener);
        return () => undefined;
      },
      request: async (request: string) => {
        asked.push(`${name}.${request}`);
        return { devices: [] };
      },
    },
  });
  const parts = new Proxy({}, { get: (_parts, name) => part(String(name)) });
  const system = {
    parts,
    directory,
    own: { current: { bound: { endpointId: brandAs<EndpointId>('aa'.repeat(32)) } } },
    hub: { tell: (event: HostEvent) => told.push(event) },
    unpaired: { list: () => unpaired, add: async (endpointId: EndpointId) => void unpaired.push(endpointId) },
    inBackground: (_label: string, task: () => Promise<unknown>) => void task(),
    turns: { take: (_id: string, task: () => Promise<unknown>) => task() },
  } as unknown as System;
  tellPairings(system);
  const fail = async (leftBehind: EndpointId | null): Promise<void> => {
    listeners.get('pairing.failed')?.({ ...FAILURE, leftBehind });
    await settle();
  };
  return { directory, unpaired, asked, told, fail };
};

describe('a pairing that was taken back while the other device may have stored it', () => {
  it('makes that device hear, when it comes, that it is not paired', async () => {
    const { unpaired, asked, told, fail } = arrange([]);
    await fail(NAS);
    expect(unpaired).toEqual([NAS]);
    expect(asked).toContain('endpoint.setAdmitted');
    expect(told).toEqual([{ event: 'pairing.failed', ...FAILURE }]);
  });

  it('ends what was begun for the record it had left pending', async () => {
    const { directory, unpaired, asked, fail } = arrange([DEVICE]);
    await fail(NAS);
    expect(directory.list()).toEqual([]);
    expect(unpaired).toEqual([NAS]);
    expect(asked).toContain('scheduler.untrack');
  });

  it('leaves a device alone that is paired', async () => {
    const { directory, unpaired, fail } = arrange([{ ...DEVICE, pairingState: 'paired' }]);
    await fail(NAS);
    expect([directory.list().length, unpaired]).toEqual([1, []]);
  });
});

describe('a pairing that failed', () => {
  it('unpairs nobody', async () => {
    const { unpaired, fail } = arrange([]);
    await fail(null);
    expect(unpaired).toEqual([]);
  });
});
