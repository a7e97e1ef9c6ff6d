import { brandAs, type DeviceId, parseRelayUrl, type RelayUrl, type SocketAddress } from '@bowline/contracts';
import { settle } from '@bowline/testing';
import { beforeEach, describe, expect, it } from 'vitest';
import { dialDevices } from '../src/wiring/dial-devices.ts';
import { peerDevice, scriptedSystem } from './scripted-system.ts';

const relay = (name: string): RelayUrl => {
  const url = parseRelayUrl(`https://${name}.example`);
  if (url === undefined) throw new Error('no relay URL');
  return url;
};
const [a, b] = [relay('a'), relay('b')];
const phone = peerDevice(2);
const nas = peerDevice(3, {
  relayInfo: { homeRelayUrl: b, relayUrls: [b], revision: 1, incarnation: 1 } as never,
});

let scripted: ReturnType<typeof scriptedSystem>;
let nudged: { readonly deviceId?: DeviceId; readonly cause: string }[];
let gaveUp: DeviceId[];

beforeEach(async () => {
  nudged = [];
  gaveUp = [];
  scripted = scriptedSystem({
    'scheduler.nudgeAll': (nudge: (typeof nudged)[number]) => void nudged.push(nudge),
    'scheduler.nudge': (nudge: (typeof nudged)[number]) => void nudged.push(nudge),
    'links.connect': ({ deviceId }: { readonly deviceId: DeviceId }, signal?: AbortSignal) =>
      new Promise((_, reject) => {
        signal?.addEventListener('abort', () => {
          gaveUp.push(deviceId);
          reject(signal.reason as Error);
        });
      }),
  });
  for (const device of [phone, nas]) await scripted.peers.adopt(device);
  dialDevices(scripted.system);
});

const tellRelay = async (url: RelayUrl, state: string, more: object = {}): Promise<void> => {
  scripted.tell('switchboard', 'relay.stateChanged', { url, role: 'home', state, downReason: null, ...more });
  await settle();
};

describe('a relay that is back', () => {
  it('has every device dialled', async () => {
    await tellRelay(a, 'down', { downReason: 'tcp' });
    await tellRelay(a, 'connecting');
    expect(nudged).toEqual([]);
    await tellRelay(a, 'connected');
    expect(nudged).toEqual([{ cause: 'relayBack' }]);
    await tellRelay(a, 'connected', { role: 'standby' });
    expect(nudged).toHaveLength(1);
  });

  it('and was joined for a peer has those dialled that are there', async () => {
    await tellRelay(b, 'down', { role: 'peer', downReason: 'closed' });
    await tellRelay(b, 'connected', { role: 'peer' });
    expect(nudged).toEqual([{ deviceId: nas.id, cause: 'relayBack' }]);
  });

  it('is none that is connected for the first time, or was only displaced', async () => {
    await tellRelay(a, 'connecting');
    await tellRelay(a, 'connected');
    await tellRelay(a, 'down', { downReason: 'displaced' });
    await tellRelay(a, 'connected');
    await tellRelay(b, 'down', { downReason: 'tcp' });
    scripted.tell('switchboard', 'relay.left', { url: b });
    await tellRelay(b, 'connected');
    expect(nudged).toEqual([]);
  });

  it('is every own one after the switchboard had crashed', async () => {
    scripted.own.update({ configuredRelayUrls: [a] });
    await tellRelay(a, 'connected');
    scripted.crash('switchboard');
    await tellRelay(a, 'connected');
    expect(nudged).toEqual([{ cause: 'relayBack' }]);
  });

  it('ends dials that began long before, and young ones that have no answer a second later', async () => {
    scripted.tell('scheduler', 'dial.due', { deviceId: phone.id });
    await scripted.clock.advance(1_000);
    scripted.tell('scheduler', 'dial.due', { deviceId: nas.id });
    await scripted.clock.advance(500);
    await tellRelay(a, 'down', { downReason: 'tcp' });
    await tellRelay(a, 'connected');
    await scripted.clock.advance(999);
    expect(gaveUp).toEqual([phone.id]);
    await scripted.clock.advance(1);
    expect(gaveUp).toEqual([phone.id, nas.id]);
    // Dials that begin afterwards have all the time there is.
    scripted.tell('scheduler', 'dial.due', { deviceId: nas.id });
    await scripted.clock.advance(5_000);
    expect(gaveUp).toHaveLength(2);
  });

  it('reports a dial that it ended as failed', async () => {
    scripted.tell('scheduler', 'dial.due', { deviceId: phone.id });
    await scripted.clock.advance(1_000);
    await tellRelay(a, 'down', { downReason: 'tcp' });
    await tellRelay(a, 'connected');
    expect(scripted.asked.filter((request) => request === 'scheduler.reportFailed')).toHaveLength(1);
  });
});

describe('a relay that was out of reach and answers on its old connection', () => {
  it('has every device dialled, and those anew that were dialled meanwhile', async () => {
    scripted.tell('scheduler', 'dial.due', { deviceId: phone.id });
    await scripted.clock.advance(3_000);
    scripted.tell('switchboard', 'relay.answeredAgain', { url: a, role: 'home', state: 'connected', downReason: null });
    await settle();
    expect(nudged).toEqual([{ cause: 'relayBack' }]);
    expect(gaveUp).toEqual([phone.id]);
  });

  it('and was joined for a peer has those dialled that are there', async () => {
    scripted.tell('switchboard', 'relay.answeredAgain', { url: b, role: 'peer', state: 'connected', downReason: null });
    await settle();
    expect(nudged).toEqual([{ deviceId: nas.id, cause: 'relayBack' }]);
  });
});

describe('an address of this device', () => {
  const [lan, outside] = ['192.168.1.2:4000', '203.0.113.7:4000'].map((text) => brandAs<SocketAddress>(text)) as [
    SocketAddress,
    SocketAddress,
  ];

  it('that is new has every device dialled; one that is gone does not', () => {
    const { bound, own } = scripted;
    own.update({ bound: { ...bound, directAddresses: [lan] } });
    expect(nudged).toEqual([]);
    own.update({ bound: { ...bound, directAddresses: [lan, outside] } });
    expect(nudged).toEqual([{ cause: 'networkChange' }]);
    own.update({ bound: { ...bound, directAddresses: [outside] } });
    expect(nudged).toHaveLength(1);
  });

  it('that an observer sees has every device dialled', () => {
    scripted.system.hub.tell({ event: 'network.observed', addresses: [outside], nat: 'cone' } as never);
    expect(nudged).toEqual([{ cause: 'networkChange' }]);
  });
});

describe('a network that changes', () => {
  const change = async (): Promise<void> => {
    scripted.system.hub.tell({ event: 'network.changed', cause: 'interfaces' });
    await settle();
  };
  const dialFor = async (device: typeof phone, ageMs: number): Promise<void> => {
    scripted.tell('scheduler', 'dial.due', { deviceId: device.id });
    await scripted.clock.advance(ageMs);
  };

  it('ends dials that began long before, and leaves young ones alone', async () => {
    await dialFor(phone, 1_000);
    await dialFor(nas, 500);
    await change();
    expect(gaveUp).toEqual([phone.id]);
  });

  it('does so where the endpoint or an observer tells of it, too', async () => {
    const outside = brandAs<SocketAddress>('203.0.113.7:4000');
    await dialFor(phone, 1_000);
    scripted.own.update({ bound: { ...scripted.bound, directAddresses: [] } });
    scripted.own.update({ bound: { ...scripted.bound, directAddresses: [outside] } });
    await settle();
    await dialFor(nas, 1_000);
    scripted.system.hub.tell({ event: 'network.observed', addresses: [outside], nat: 'cone' } as never);
    await settle();
    expect(gaveUp).toEqual([phone.id, nas.id]);
  });

  it('all the time leaves dials their time', async () => {
    for (let round = 0; round < 20; round += 1) {
      await dialFor(phone, 1_000);
      await change();
    }
    expect(gaveUp.length).toBeLessThanOrEqual(5);
  });
});

describe('a device that is sighted', () => {
  const at = (index: number) => brandAs<SocketAddress>(`192.168.1.${index}:4000`);
  const sighted = async (...directAddresses: readonly SocketAddress[]): Promise<void> => {
    scripted.tell('mdns', 'device.sighted', { endpointId: phone.endpointId, directAddresses });
    await settle();
  };
  const dialled = () =>
    scripted
      .inputsOf('links.connect')
      .map((input) => (input as { directAddresses: readonly SocketAddress[] }).directAddresses);
  const dial = async (): Promise<void> => {
    scripted.tell('scheduler', 'dial.due', { deviceId: phone.id });
    await settle();
  };

  it('elsewhere than where it is dialled is dialled anew', async () => {
    await sighted(at(20));
    await dial();
    await sighted(at(30));
    expect(gaveUp).toEqual([phone.id]);
    expect(scripted.peers.get(phone.id)?.contact).toMatchObject({ failureCount: 0, lastFailure: null });
    await dial();
    expect(dialled().at(-1)).toEqual([at(30)]);
  });

  it('where it is dialled, and by whoever repeats what it shows elsewhere, is left to be dialled', async () => {
    await sighted(at(20));
    await dial();
    for (let index = 0; index < 15; index += 1) {
      await sighted(...Array.from({ length: index + 1 }, (_, nth) => at(100 + nth)), at(20));
    }
    expect(gaveUp).toEqual([]);
  });

  it('again where it has been dialled in vain for a second is dialled anew, where no relay leads to it', async () => {
    await sighted(at(20));
    await dial();
    await scripted.clock.advance(999);
    await sighted(at(20));
    expect(gaveUp).toEqual([]);
    await scripted.clock.advance(1);
    await sighted(at(20));
    expect(gaveUp).toEqual([phone.id]);
    // It shows itself and does not answer: that is known of it from now on.
    const contact = scripted.peers.get(phone.id)?.contact;
    expect(contact).toMatchObject({ failureCount: 1, lastFailure: { code: 'LINK_UNREACHABLE' } });
    scripted.own.update({ configuredRelayUrls: [a] });
    await dial();
    await scripted.clock.advance(5_000);
    await sighted(at(20));
    expect(gaveUp).toHaveLength(1);
  });

  it('at twenty places more is dialled at the right one all the same', async () => {
    await sighted(at(20), ...Array.from({ length: 20 }, (_, nth) => at(100 + nth)));
    await dial();
    expect(dialled()[0]).toContain(at(20));
    expect(dialled()[0]).toHaveLength(16);
  });

  it('is dialled briefly, and one time of twelve for as long as elsewhere, where no relay leads to it', async () => {
    const timeouts = async (): Promise<readonly number[]> => {
      const before = scripted.inputsOf('links.connect').length;
      for (let dials = 0; dials < 240; dials += 1) await dial();
      return (scripted.inputsOf('links.connect') as { timeoutMs: number }[]).slice(before).map((one) => one.timeoutMs);
    };
    const alone = await timeouts();
    expect(new Set(alone)).toEqual(new Set([1_900, 10_000]));
    const longCount = alone.filter((each) => each === 10_000).length;
    expect(longCount).toBeGreaterThan(8);
    expect(longCount).toBeLessThan(40);
    scripted.own.update({ configuredRelayUrls: [a] });
    expect(new Set(await timeouts())).toEqual(new Set([10_000]));
  });

  it('is dialled as hearsay for a while, where no relay leads to it', async () => {
    const isHearsay = () => (scripted.inputsOf('links.connect').at(-1) as { isHearsay: boolean }).isHearsay;
    await dial();
    expect(isHearsay()).toBe(false);
    await sighted(at(20));
    await dial();
    expect(isHearsay()).toBe(true);
    await scripted.clock.advance(120_000);
    await dial();
    expect(isHearsay()).toBe(false);
    await sighted(at(21));
    scripted.own.update({ configuredRelayUrls: [a] });
    await dial();
    expect(isHearsay()).toBe(false);
  });
});
