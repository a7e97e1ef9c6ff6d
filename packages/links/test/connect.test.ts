import { settle } from '@bowline/testing';
import { describe, expect, it } from 'vitest';
import { stopBoth, twoDevices, twoLinkedDevices } from './two-devices.ts';

describe('connecting', () => {
  it('brings the link up on both sides with what each says of itself', async () => {
    const { low, high, network } = await twoDevices();
    const { path } = await low.connect(high);
    await settle();
    expect(path?.kind).toBe('direct');
    expect(low.events()).toEqual(['link.up']);
    expect(high.events()).toEqual(['link.up']);
    const [up] = high.harness.toldOf('link.up');
    expect(up).toMatchObject({ deviceId: low.deviceId, name: low.name, incarnation: 1, dialledBy: 'peer' });
    expect(up?.observedAddress).toBe(
      up?.path?.kind === 'direct'
        ? (await high.endpoint.request('readBound', { endpointId: high.endpointId })).directAddresses[0]
        : null,
    );
    expect(low.harness.toldOf('link.up')[0]).toMatchObject({
      deviceId: high.deviceId,
      name: high.name,
      dialledBy: 'us',
    });
    expect(network.openConnectionCount).toBe(1);
  });

  it('answers at once when the link is up already', async () => {
    const { low, high, network } = await twoLinkedDevices();
    await high.connect(low);
    await settle();
    expect(high.events()).toEqual(['link.up']);
    expect(network.openConnectionCount).toBe(1);
  });

  it('shares one dial among callers', async () => {
    const { low, high, network } = await twoDevices();
    await Promise.all([low.connect(high), low.connect(high)]);
    await settle();
    expect(network.openConnectionCount).toBe(1);
    expect(low.events()).toEqual(['link.up']);
  });

  it('leaves nothing behind after stop', async () => {
    const devices = await twoLinkedDevices();
    await stopBoth(devices);
    expect(devices.network.openConnectionCount).toBe(0);
    expect(devices.clock.pendingTimerCount).toBe(0);
  });
});
