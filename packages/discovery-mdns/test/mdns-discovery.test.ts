import {
  type Advertisement,
  brandAs,
  type DiscoveryMdnsChannel,
  deviceIdOf,
  type EndpointId,
  type PresenceKey,
} from '@bowline/contracts';
import {
  type ActorHarness,
  actorHarness,
  discoveryConformance,
  type FakeClock,
  fakeClock,
  sampleSearchTarget,
  settle,
} from '@bowline/testing';
import { describe, expect, test } from 'vitest';
import { mdnsDiscovery } from '../src/index.ts';
import type { NetworkInterfaces } from '../src/lan-network.ts';
import type { MdnsDiscoveryOptions } from '../src/options.ts';
import { presenceHour, presenceTag } from '../src/presence-tag.ts';
import { FakeLan, ipv4, ipv6, LOOPBACK } from './fake-lan.ts';

const HOME: NetworkInterfaces = { ...LOOPBACK, eth0: [ipv4('192.168.1.10')] };
const [mine, theirs, other] = ['11', '22', '33'].map((byte) => brandAs<EndpointId>(byte.repeat(32))) as [
  EndpointId,
  EndpointId,
  EndpointId,
];
const lanTag = 'ab'.repeat(16);
const otherTag = 'cd'.repeat(16);

interface Machine {
  readonly harness: ActorHarness<DiscoveryMdnsChannel>;
  readonly clock: FakeClock;
  readonly lan: FakeLan;
  interfaces: NetworkInterfaces;
}

const machine = (options: Partial<MdnsDiscoveryOptions> = {}, interfaces = HOME, around?: Machine): Machine => {
  const clock = around?.clock ?? fakeClock();
  const lan = around?.lan ?? new FakeLan(clock);
  const self: Machine = {
    clock,
    lan,
    interfaces,
    harness: actorHarness<DiscoveryMdnsChannel>(
      (components) =>
        mdnsDiscovery(options)({
          ...components,
          networkInterfaces: () => self.interfaces,
          openLanInterface: lan.open,
        }),
      { fakeClock: clock, clock },
    ),
  };
  return self;
};

const started = async (...parameters: Parameters<typeof machine>): Promise<Machine> => {
  const made = machine(...parameters);
  await made.harness.actor.start();
  return made;
};

const search = (searchId = 's1', timeoutMs = 5_000, tag = lanTag) => ({
  searchId,
  timeoutMs,
  target: sampleSearchTarget({ lanTag: tag }),
});

const advertisement = (overrides: Partial<Advertisement> = {}): Advertisement => ({
  advertisementId: 'presence',
  endpointId: mine,
  port: 4001,
  lanTag: null,
  ...overrides,
});

const candidateAddresses = ({ harness }: Machine, searchId = 's1'): string[] =>
  harness
    .toldOf('candidate.found')
    .filter((payload) => payload.searchId === searchId)
    .flatMap(({ candidate }) => candidate.address.directAddresses);

discoveryConformance({
  name: 'discovery-mdns',
  source: 'mdns',
  arrange: () => {
    const { harness, lan } = machine();
    lan.addDevice('192.168.1.20', { endpointId: theirs, port: 4002, lanTag });
    return {
      harness,
      present: sampleSearchTarget({ lanTag }),
      absent: sampleSearchTarget({ lanTag: otherTag }),
      repeat: () => lan.askFrom('192.168.1.99'),
    };
  },
});

describe('a search', () => {
  test('tells a device that shows the tag, with its address and the port of its record', async () => {
    const one = await started();
    one.lan.addDevice('192.168.1.20', { endpointId: theirs, port: 4002, lanTag });
    const report = one.harness.client.request('search', search());
    await one.clock.advance(5_000);
    expect(one.harness.toldOf('candidate.found')).toEqual([
      {
        searchId: 's1',
        candidate: {
          source: 'mdns',
          kind: 'device',
          address: { endpointId: theirs, relayUrls: [], directAddresses: ['192.168.1.20:4002'] },
        },
      },
    ]);
    expect(await report).toEqual({ source: 'mdns', candidateCount: 1, summary: '1 found in 5 s on eth0' });
  });

  test('tells a device that appears while it is open at once', async () => {
    const one = await started();
    const report = one.harness.client.request('search', search());
    await one.clock.advance(1_500);
    one.lan.addDevice('192.168.1.20', { endpointId: theirs, port: 4002, lanTag });
    expect(candidateAddresses(one)).toEqual(['192.168.1.20:4002']);
    await one.clock.advance(5_000);
    expect((await report).candidateCount).toBe(1);
  });

  test('tells a device heard before it opened without waiting for another answer', async () => {
    const one = await started();
    const takeAway = one.lan.addDevice('192.168.1.20', { endpointId: theirs, port: 4002, lanTag });
    takeAway();
    void one.harness.client.request('search', search());
    await settle();
    expect(candidateAddresses(one)).toEqual(['192.168.1.20:4002']);
    await one.harness.actor.stop();
  });

  test('does not tell a device that said goodbye', async () => {
    const one = await started();
    const two = await started({}, { eth0: [ipv4('192.168.1.20')] }, one);
    await two.harness.client.request('advertise', advertisement({ endpointId: theirs, lanTag }));
    await two.harness.client.request('withdraw', { advertisementId: 'presence' });
    const report = one.harness.client.request('search', search());
    await one.clock.advance(5_000);
    expect((await report).candidateCount).toBe(0);
    await two.harness.actor.stop();
  });

  test('asks at once and then every second', async () => {
    const one = await started();
    const countBefore = one.lan.questionCount;
    const report = one.harness.client.request('search', search('s1', 4_500));
    await settle();
    expect(one.lan.questionCount - countBefore).toBe(1);
    await one.clock.advance(4_500);
    await report;
    expect(one.lan.questionCount - countBefore).toBe(5);
    await one.clock.advance(20_000);
    expect(one.lan.questionCount - countBefore).toBe(5);
  });

  test('tells an address that comes up later by itself', async () => {
    const one = await started({}, { ...HOME, wlan0: [ipv4('192.168.2.10')] });
    one.lan.addDevice('192.168.1.20', { endpointId: theirs, port: 4002, lanTag });
    const report = one.harness.client.request('search', search());
    await one.clock.advance(1_000);
    one.lan.addDevice('192.168.2.20', { endpointId: theirs, port: 4002, lanTag });
    await one.clock.advance(4_000);
    expect(candidateAddresses(one)).toEqual(['192.168.1.20:4002', '192.168.2.20:4002']);
    expect(await report).toMatchObject({ candidateCount: 2, summary: '2 found in 5 s on eth0, wlan0' });
  });

  test('says where nobody answered', async () => {
    const one = await started({}, { ...HOME, wlan0: [ipv4('192.168.2.10')] });
    const report = one.harness.client.request('search', search());
    await one.clock.advance(5_000);
    expect(await report).toEqual({ source: 'mdns', candidateCount: 0, summary: 'no answer in 5 s on eth0, wlan0' });
  });

  test('says so where nothing of any other machine is heard', async () => {
    const one = await started();
    one.lan.isLonely = true;
    const report = one.harness.client.request('search', search());
    await one.clock.advance(5_000);
    expect((await report).problem).toMatch(
      /^On the local network no other machine was heard at all: .*client isolation/,
    );
    one.interfaces = LOOPBACK;
    await one.clock.advance(2_000);
    const onThisMachine = one.harness.client.request('search', search('s2'));
    await one.clock.advance(5_000);
    expect((await onThisMachine).problem).toBeUndefined();
  });

  test('finds an interface that comes up while it is open', async () => {
    const one = await started({}, {});
    one.lan.addDevice('192.168.1.20', { endpointId: theirs, port: 4002, lanTag });
    const report = one.harness.client.request('search', search());
    await one.clock.advance(500);
    one.interfaces = HOME;
    await one.clock.advance(4_500);
    expect(await report).toEqual({ source: 'mdns', candidateCount: 1, summary: '1 found in 5 s on eth0' });
  });

  test('says why when multicast does not work', async () => {
    const one = machine();
    one.lan.openFailures.set('192.168.1.10', 'EADDRINUSE');
    await one.harness.actor.start();
    const report = one.harness.client.request('search', search());
    await one.clock.advance(5_000);
    expect(await report).toMatchObject({
      summary:
        'no answer in 5 s because multicast does not work: Another program keeps UDP port 5353 to itself; end it, or let it share the port',
      problem:
        'Nobody can be found on the local network: another program keeps UDP port 5353 to itself; end it, or let it share the port.',
    });
  });

  test('is answered at once when mDNS is switched off', async () => {
    const one = await started({ enabled: false });
    const report = await one.harness.client.request('search', search());
    expect(report).toEqual({ source: 'mdns', candidateCount: 0, summary: 'mDNS is switched off' });
    expect(one.lan.opened).toHaveLength(0);
  });

  test('leaves this device out', async () => {
    const one = await started();
    await one.harness.client.request('advertise', advertisement({ lanTag }));
    const report = one.harness.client.request('search', search());
    await one.clock.advance(5_000);
    expect((await report).candidateCount).toBe(0);
    expect(one.harness.toldOf('device.sighted')).toHaveLength(0);
  });

  test('tells no more endpoints of one neighbour than it could need', async () => {
    const one = await started();
    const report = one.harness.client.request('search', search());
    for (let index = 0; index < 50; index += 1) {
      const endpointId = brandAs<EndpointId>(index.toString(16).padStart(64, '0'));
      one.lan.addDevice('192.168.1.66', { endpointId, port: 4002, lanTag });
    }
    one.lan.addDevice('192.168.1.20', { endpointId: theirs, port: 4002, lanTag });
    await one.clock.advance(5_000);
    expect((await report).candidateCount).toBe(5);
    expect(candidateAddresses(one)).toContain('192.168.1.20:4002');
  });

  test('hears the right device though somebody borrowed its id, and says each address once', async () => {
    const one = await started();
    const report = one.harness.client.request('search', search());
    for (let index = 0; index < 20; index += 1) {
      const addresses = Array.from({ length: 8 }, (_, at) => `192.168.1.${100 + index + at}`);
      one.lan.addDevice('192.168.1.66', { endpointId: theirs, port: 4002, lanTag }, { addresses });
    }
    one.lan.addDevice('192.168.1.20', { endpointId: theirs, port: 4002, lanTag });
    await one.clock.advance(5_000);
    await report;
    const addresses = candidateAddresses(one);
    expect(addresses).toContain('192.168.1.20:4002');
    expect(new Set(addresses).size).toBe(addresses.length);
    expect(addresses).toHaveLength(3);
  });

  test('hears the right device after any number of others', async () => {
    const one = await started();
    const report = one.harness.client.request('search', search());
    for (let index = 0; index < 200; index += 1) {
      const endpointId = brandAs<EndpointId>(index.toString(16).padStart(64, '0'));
      one.lan.addDevice(`192.168.1.${20 + index}`, { endpointId, port: 4002, lanTag });
    }
    one.lan.addDevice('192.168.1.19', { endpointId: theirs, port: 4002, lanTag });
    await one.clock.advance(5_000);
    expect((await report).candidateCount).toBe(201);
    expect(candidateAddresses(one)).toContain('192.168.1.19:4002');
  });

  test('refuses the id of a search that is still open, and takes that of a cancelled one', async () => {
    const one = await started();
    const controller = new AbortController();
    const first = one.harness.client.request('search', search(), { signal: controller.signal });
    await settle();
    await expect(one.harness.client.request('search', search())).rejects.toMatchObject({ code: 'INVALID_OPTION' });
    controller.abort();
    const second = one.harness.client.request('search', search());
    expect((await first).summary).toBe('cancelled');
    await one.harness.actor.stop();
    expect((await second).summary).toBe('stopped');
  });
});

describe('advertising', () => {
  test('puts the record on every interface, and takes it back', async () => {
    const one = await started({}, { ...HOME, wlan0: [ipv4('192.168.2.10')] });
    await one.harness.client.request('advertise', advertisement({ lanTag }));
    const text = { tag: lanTag, id: mine, port: '4001' };
    expect(one.lan.announcedAt('192.168.1.10')).toEqual([text]);
    expect(one.lan.announcedAt('192.168.2.10')).toEqual([text]);
    await one.harness.client.request('withdraw', { advertisementId: 'presence' });
    expect(one.lan.announcedAt('192.168.1.10')).toEqual([]);
    expect(one.lan.announcedAt('192.168.2.10')).toEqual([]);
  });

  test('keeps several records apart: withdrawing one leaves the other', async () => {
    const one = await started();
    await one.harness.client.request('advertise', advertisement());
    await one.harness.client.request('advertise', advertisement({ advertisementId: 'code', lanTag }));
    await one.harness.client.request('withdraw', { advertisementId: 'code' });
    expect(one.lan.announcedAt('192.168.1.10')).toEqual([{ id: mine, port: '4001' }]);
  });

  test('replaces the record of an id', async () => {
    const one = await started();
    await one.harness.client.request('advertise', advertisement());
    await one.harness.client.request('advertise', advertisement({ port: 4009 }));
    expect(one.lan.announcedAt('192.168.1.10')).toEqual([{ id: mine, port: '4009' }]);
  });

  test('reaches interfaces that come up later', async () => {
    const one = await started();
    await one.harness.client.request('advertise', advertisement());
    one.interfaces = { ...HOME, wlan0: [ipv4('192.168.2.10')] };
    await one.clock.advance(2_000);
    expect(one.lan.announcedAt('192.168.2.10')).toEqual([{ id: mine, port: '4001' }]);
  });

  test('is tried again where it failed', async () => {
    const one = await started();
    one.lan.mute.add('192.168.1.10');
    await one.harness.client.request('advertise', advertisement());
    expect(one.lan.announcedAt('192.168.1.10')).toEqual([]);
    one.lan.mute.clear();
    await one.clock.advance(2_000);
    expect(one.lan.announcedAt('192.168.1.10')).toEqual([{ id: mine, port: '4001' }]);
  });

  test('says goodbye when the source stops', async () => {
    const one = await started();
    const two = await started({}, { eth0: [ipv4('192.168.1.20')] }, one);
    await two.harness.client.request('advertise', advertisement({ endpointId: theirs, lanTag }));
    await two.harness.actor.stop();
    expect(one.lan.openCount).toBe(1);
    const report = one.harness.client.request('search', search());
    await one.clock.advance(5_000);
    expect((await report).candidateCount).toBe(0);
  });

  test('does nothing when mDNS is switched off', async () => {
    const one = await started({ enabled: false });
    await one.harness.client.request('advertise', advertisement());
    await one.harness.client.request('refresh', {});
    await one.harness.client.request('withdraw', { advertisementId: 'presence' });
    expect(one.lan.opened).toHaveLength(0);
    expect(one.harness.told).toHaveLength(0);
  });

  test('is refused while the source does not run', async () => {
    const one = machine();
    await expect(one.harness.client.request('advertise', advertisement())).rejects.toMatchObject({
      code: 'MDNS_NOT_RUNNING',
    });
  });

  test('is refused beyond the limit', async () => {
    const one = await started();
    for (let index = 0; index < 32; index += 1) {
      await one.harness.client.request('advertise', advertisement({ advertisementId: `a${index}` }));
    }
    await one.harness.client.request('advertise', advertisement({ advertisementId: 'a0' }));
    await expect(
      one.harness.client.request('advertise', advertisement({ advertisementId: 'one more' })),
    ).rejects.toMatchObject({ code: 'MDNS_TOO_MANY_ADVERTISEMENTS' });
    await one.harness.client.request('withdraw', { advertisementId: 'a0' });
    await one.harness.client.request('advertise', advertisement({ advertisementId: 'one more' }));
  });

  test('ignores the withdrawal of what is not announced', async () => {
    const one = await started();
    await one.harness.client.request('withdraw', { advertisementId: 'never' });
    expect(one.harness.logger.lines.filter((line) => line.level === 'error')).toHaveLength(0);
  });

  test.each([
    ['an empty id', { advertisementId: '' }],
    ['an endless id', { advertisementId: 'x'.repeat(129) }],
    ['an endpoint id that is none', { endpointId: brandAs<EndpointId>('zz') }],
    ['no endpoint id and no presence key', { endpointId: null }],
    ['a code without an endpoint id', { endpointId: null, presenceKey: brandAs<PresenceKey>('a1'.repeat(32)), lanTag }],
    ['a presence key that is none', { presenceKey: brandAs<PresenceKey>('word word word') }],
    ['an upper-case endpoint id', { endpointId: brandAs<EndpointId>('AA'.repeat(32)) }],
    ['port 0', { port: 0 }],
    ['a port out of range', { port: 65_536 }],
    ['half a port', { port: 1.5 }],
    ['a short tag', { lanTag: 'ab' }],
    ['a tag with a secret in it', { lanTag: 'word word word' }],
  ])('refuses %s', async (_what, wrong) => {
    const one = await started();
    const refusal: unknown = await one.harness.client
      .request('advertise', advertisement(wrong))
      .catch((error: unknown) => error);
    expect(refusal).toMatchObject({ code: 'INVALID_OPTION' });
    expect(String(refusal)).not.toContain('word word');
    expect(one.lan.announcedAt('192.168.1.10')).toEqual([]);
  });
});

describe('sightings', () => {
  test('tell a device once, and again when it moves', async () => {
    const one = await started();
    const takeAway = one.lan.addDevice('192.168.1.20', { endpointId: theirs, port: 4002, lanTag: null });
    await one.clock.advance(120_000);
    expect(one.harness.toldOf('device.sighted')).toEqual([
      { endpointId: theirs, directAddresses: ['192.168.1.20:4002'] },
    ]);
    takeAway();
    one.lan.addDevice('192.168.1.30', { endpointId: theirs, port: 4002, lanTag: null });
    expect(one.harness.toldOf('device.sighted')[1]?.directAddresses[0]).toBe('192.168.1.30:4002');
  });

  test('tell a device again that comes back after a long silence', async () => {
    const one = await started();
    const fqdn = 'bowline-back._bowline._udp.local';
    const takeAway = one.lan.addDevice('192.168.1.20', { endpointId: theirs, port: 4002, lanTag: null }, { fqdn });
    takeAway();
    await one.clock.advance(200_000);
    one.lan.addDevice('192.168.1.20', { endpointId: theirs, port: 4002, lanTag: null }, { fqdn });
    expect(one.harness.toldOf('device.sighted')).toHaveLength(2);
  });

  test('tell a device that restarted at the same address', async () => {
    const one = await started();
    one.lan.addDevice('192.168.1.20', { endpointId: theirs, port: 4002, lanTag: null })();
    one.lan.addDevice('192.168.1.20', { endpointId: theirs, port: 4002, lanTag: null });
    expect(one.harness.toldOf('device.sighted')).toHaveLength(2);
  });

  test('made before somebody asked are told to whoever asks, once', async () => {
    const one = await started();
    one.lan.addDevice('192.168.1.20', { endpointId: theirs, port: 4002, lanTag: null });
    await one.clock.advance(10_000);
    const before = one.harness.toldOf('device.sighted').length;
    const peers = [theirs, other].map((endpointId) => ({ deviceId: deviceIdOf(endpointId), endpointId }));
    await one.harness.client.request('setPeers', { scope: 'all', peers });
    await one.harness.client.request('setPeers', { scope: 'all', peers });
    expect(one.harness.toldOf('device.sighted').slice(before)).toEqual([
      { endpointId: theirs, directAddresses: ['192.168.1.20:4002'] },
    ]);
    await one.harness.client.request('setPeers', { scope: 'some', peers: [], gone: [deviceIdOf(theirs)] });
    await one.harness.client.request('setPeers', { scope: 'some', peers });
    expect(one.harness.toldOf('device.sighted')).toHaveLength(before + 2);
  });

  test('join what is known of a device on several interfaces', async () => {
    const one = await started({}, { ...HOME, wlan0: [ipv4('192.168.2.10')] });
    one.lan.addDevice('192.168.1.20', { endpointId: theirs, port: 4002, lanTag: null });
    one.lan.addDevice('192.168.2.20', { endpointId: theirs, port: 4002, lanTag: null });
    expect(one.harness.toldOf('device.sighted').at(-1)?.directAddresses).toEqual([
      '192.168.2.20:4002',
      '192.168.1.20:4002',
    ]);
  });

  test('come without anybody asking for them, even when the first answers are lost', async () => {
    const one = await started();
    one.lan.isLosing = true;
    one.lan.addDevice('192.168.1.20', { endpointId: theirs, port: 4002, lanTag: null });
    expect(one.harness.toldOf('device.sighted')).toHaveLength(0);
    await one.clock.advance(1_500);
    one.lan.isLosing = false;
    await one.clock.advance(2_500);
    expect(one.harness.toldOf('device.sighted')).toHaveLength(1);
  });

  test('are asked for ever less often, and anew on a new network', async () => {
    const one = await started();
    const countIn = async (durationMs: number) => {
      const countBefore = one.lan.questionCount;
      await one.clock.advance(durationMs);
      return one.lan.questionCount - countBefore;
    };
    expect(one.lan.questionCount).toBe(1);
    expect(await countIn(34_000)).toBe(5);
    expect(await countIn(300_000)).toBeLessThanOrEqual(12);
    one.interfaces = { eth0: [ipv4('192.168.1.11')] };
    expect(await countIn(10_000)).toBe(4);
  });

  test('are asked for at a steady pace while a device is awaited, ever less often the longer it is away', async () => {
    const one = await started();
    const peers = (isAwaited: boolean) => [{ deviceId: deviceIdOf(theirs), endpointId: theirs, isAwaited }];
    const countIn = async (durationMs: number) => {
      const countBefore = one.lan.questionCount;
      await one.clock.advance(durationMs);
      return one.lan.questionCount - countBefore;
    };
    await one.harness.client.request('setPeers', { scope: 'all', peers: peers(false) });
    await one.clock.advance(300_000);
    expect(await countIn(60_000)).toBeLessThanOrEqual(3);
    await one.harness.client.request('setPeers', { scope: 'all', peers: peers(true) });
    expect(await countIn(60_000)).toBeGreaterThanOrEqual(36);
    await one.clock.advance(540_000);
    // Ten minutes later it is still asked for as often; after hours no more than if nobody were.
    expect(await countIn(60_000)).toBeGreaterThanOrEqual(34);
    await one.clock.advance(5 * 3_600_000);
    expect(await countIn(60_000)).toBeLessThanOrEqual(3);
    await one.harness.client.request('setPeers', { scope: 'all', peers: peers(true) });
    expect(await countIn(60_000)).toBeLessThanOrEqual(3);
    await one.harness.client.request('setPeers', { scope: 'all', peers: peers(false) });
    await one.harness.client.request('setPeers', { scope: 'all', peers: peers(true) });
    expect(await countIn(60_000)).toBeGreaterThanOrEqual(36);
  });

  test('of a device that is awaited are told although nothing is new about it', async () => {
    const one = await started();
    one.lan.addDevice('192.168.1.20', { endpointId: theirs, port: 4002, lanTag: null });
    const tell = (isAwaited: boolean) =>
      one.harness.client.request('setPeers', {
        scope: 'all',
        peers: [{ deviceId: deviceIdOf(theirs), endpointId: theirs, isAwaited }],
      });
    await tell(false);
    await one.clock.advance(10_000);
    const before = one.harness.toldOf('device.sighted').length;
    one.lan.askFrom('192.168.1.99');
    await one.clock.advance(1_000);
    expect(one.harness.toldOf('device.sighted')).toHaveLength(before);
    one.lan.isLosing = true;
    await tell(true);
    await one.clock.advance(60_000);
    expect(one.harness.toldOf('device.sighted')).toHaveLength(before);
    one.lan.isLosing = false;
    await one.clock.advance(2_000);
    expect(one.harness.toldOf('device.sighted').slice(before)).toContainEqual({
      endpointId: theirs,
      directAddresses: ['192.168.1.20:4002'],
    });
  });

  test('leave the slow question to others who ask it', async () => {
    const one = await started();
    await one.clock.advance(70_000);
    const countBefore = one.lan.questionCount;
    for (let second = 0; second < 120; second += 5) {
      one.lan.askFrom('192.168.1.99');
      await one.clock.advance(5_000);
    }
    expect(one.lan.questionCount).toBe(countBefore);
    await one.clock.advance(120_000);
    expect(one.lan.questionCount).toBeGreaterThan(countBefore + 2);
  });

  test('stay bounded under a flood, and settle afterwards', async () => {
    const one = await started();
    for (let index = 0; index < 20_000; index += 1) {
      const id = index.toString(16).padStart(64, '0');
      const fqdn = `bowline-${index}._bowline._udp.local`;
      one.lan.say('192.168.1.10', {
        fqdn,
        txt: { id, port: '1' },
        addresses: [],
        referer: { address: '192.168.1.66' },
      });
    }
    expect(one.harness.toldOf('device.sighted').length).toBeLessThanOrEqual(512);
    expect(one.harness.logger.lines.filter((line) => line.message === 'mDNS traffic was passed over')).toHaveLength(1);
    await one.clock.advance(10_000);
    one.lan.addDevice('192.168.1.20', { endpointId: theirs, port: 4002, lanTag: null });
    expect(one.harness.toldOf('device.sighted').at(-1)?.endpointId).toBe(theirs);
  });

  test('pass over a record that is not one, counted in the log', async () => {
    const one = await started();
    one.lan.say('192.168.1.10', { fqdn: 'x', txt: { id: 'no' }, referer: { address: '192.168.1.66' } });
    one.lan.say('192.168.1.10', null);
    expect(one.harness.toldOf('device.sighted')).toHaveLength(0);
    await one.harness.actor.stop();
    expect(one.harness.logger.lines.at(-1)).toMatchObject({ fields: { refused: { 'endpoint-id': 1, instance: 1 } } });
  });
});

/** The tag of a key in the hour of the clock, as a device shows it. */
const tagNow = (one: Machine, key: PresenceKey): string => presenceTag(key, presenceHour(one.clock.nowMs()));

const tellPeer = (one: Machine, endpointId: EndpointId, presenceKey: PresenceKey | null): Promise<void> =>
  one.harness.client.request('setPeers', {
    scope: 'some',
    peers: [{ deviceId: deviceIdOf(endpointId), endpointId, presenceKey }],
  });

describe('presence', () => {
  const [ourKey, theirKey, newKey] = ['a1', 'b2', 'c3'].map((byte) => brandAs<PresenceKey>(byte.repeat(32))) as [
    PresenceKey,
    PresenceKey,
    PresenceKey,
  ];

  test('shows the tag of the hour and the port, and nothing that stays', async () => {
    const one = await started();
    await one.harness.client.request('advertise', advertisement({ endpointId: null, presenceKey: ourKey }));
    const [first] = one.lan.announcedAt('192.168.1.10');
    expect(first).toEqual({ presence: tagNow(one, ourKey), port: '4001' });
    await one.clock.advance(3_600_000);
    const later = one.lan.announcedAt('192.168.1.10');
    expect(later).toEqual([{ presence: tagNow(one, ourKey), port: '4001' }]);
    expect(later[0]).not.toEqual(first);
    expect(one.harness.toldOf('device.sighted')).toHaveLength(0);
    expect(JSON.stringify(one.harness.logger.lines)).not.toContain(ourKey);
  });

  test('is announced anew when the machine wakes in another hour', async () => {
    const one = await started();
    await one.harness.client.request('advertise', advertisement({ endpointId: null, presenceKey: ourKey }));
    one.clock.setWallTime(one.clock.nowMs() + 5 * 3_600_000);
    await one.harness.client.request('refresh', {});
    expect(one.lan.announcedAt('192.168.1.10')).toEqual([{ presence: tagNow(one, ourKey), port: '4001' }]);
  });

  test('is known to whoever has the key, and to nobody else', async () => {
    const one = await started();
    const two = await started({}, { eth0: [ipv4('192.168.1.20')] }, one);
    await tellPeer(one, theirs, theirKey);
    await tellPeer(one, other, newKey);
    await two.harness.client.request('advertise', advertisement({ endpointId: null, presenceKey: theirKey }));
    expect(one.harness.toldOf('device.sighted')).toEqual([
      { endpointId: theirs, directAddresses: ['192.168.1.20:4001'] },
    ]);
    await tellPeer(one, theirs, null);
    await two.harness.client.request('refresh', {});
    expect(one.harness.toldOf('device.sighted')).toHaveLength(1);
  });

  test('that was heard before its key was told is told then', async () => {
    const one = await started();
    one.lan.addDevice('192.168.1.20', { presenceTag: tagNow(one, theirKey) });
    await tellPeer(one, theirs, null);
    expect(one.harness.toldOf('device.sighted')).toHaveLength(0);
    await tellPeer(one, theirs, theirKey);
    expect(one.harness.toldOf('device.sighted')).toEqual([
      { endpointId: theirs, directAddresses: ['192.168.1.20:4002'] },
    ]);
  });

  test('of a device that has a new key is known by that alone', async () => {
    const one = await started();
    await tellPeer(one, theirs, theirKey);
    await tellPeer(one, theirs, newKey);
    one.lan.addDevice('192.168.1.20', { presenceTag: tagNow(one, theirKey) });
    expect(one.harness.toldOf('device.sighted')).toHaveLength(0);
    one.lan.addDevice('192.168.1.20', { presenceTag: tagNow(one, newKey) });
    expect(one.harness.toldOf('device.sighted')).toHaveLength(1);
  });

  test('is found in a flood of tags', async () => {
    const one = await started();
    await tellPeer(one, theirs, theirKey);
    for (let index = 0; index < 5_000; index += 1) {
      one.lan.say('192.168.1.10', {
        fqdn: `bowline-${index}._bowline._udp.local`,
        txt: { presence: index.toString(16).padStart(32, '0'), port: '1' },
        addresses: [],
        referer: { address: '192.168.1.66' },
      });
    }
    one.lan.addDevice('192.168.1.20', { presenceTag: tagNow(one, theirKey) });
    expect(one.harness.toldOf('device.sighted')).toEqual([
      { endpointId: theirs, directAddresses: ['192.168.1.20:4002'] },
    ]);
  });

  test('that a neighbour repeats adds its two addresses, however often it does', async () => {
    const one = await started();
    await tellPeer(one, theirs, theirKey);
    for (let index = 0; index < 100; index += 1) {
      const addresses = Array.from({ length: 8 }, (_, at) => `192.168.1.${100 + index + at}`);
      one.lan.addDevice('192.168.1.66', { presenceTag: tagNow(one, theirKey), port: 5_000 + index }, { addresses });
    }
    one.lan.addDevice('192.168.1.20', { presenceTag: tagNow(one, theirKey) });
    await one.clock.advance(2_000);
    const sightings = one.harness.toldOf('device.sighted');
    expect(sightings.at(-1)?.directAddresses).toEqual(['192.168.1.20:4002', '192.168.1.66:5099', '192.168.1.199:5099']);
    expect(sightings.length).toBeLessThan(10);
  });

  test('cannot be ended by a neighbour that says goodbye for somebody else', async () => {
    const one = await started();
    await tellPeer(one, theirs, theirKey);
    const fqdn = 'bowline-true._bowline._udp.local';
    one.lan.addDevice('192.168.1.20', { presenceTag: tagNow(one, theirKey) }, { fqdn });
    one.lan.sayGoodbye('192.168.1.66', fqdn);
    one.lan.addDevice('192.168.1.66', { presenceTag: tagNow(one, theirKey) });
    expect(one.harness.toldOf('device.sighted').at(-1)?.directAddresses).toContain('192.168.1.20:4002');
    one.lan.sayGoodbye('192.168.1.20', fqdn);
    one.lan.addDevice('192.168.1.67', { presenceTag: tagNow(one, theirKey) });
    expect(one.harness.toldOf('device.sighted').at(-1)?.directAddresses).not.toContain('192.168.1.20:4002');
  });

  test('is not announced where the source only listens, which finds others all the same', async () => {
    const one = await started({ announces: false });
    await one.harness.client.request('advertise', advertisement({ endpointId: null, presenceKey: ourKey }));
    await one.harness.client.request('advertise', advertisement({ advertisementId: 'code', lanTag }));
    expect(one.lan.announcedAt('192.168.1.10')).toEqual([]);
    await tellPeer(one, theirs, theirKey);
    one.lan.addDevice('192.168.1.20', { presenceTag: tagNow(one, theirKey) });
    expect(one.harness.toldOf('device.sighted')).toHaveLength(1);
  });
});

describe('health', () => {
  const healthOf = (one: Machine) => one.harness.toldOf('health.changed');

  test('names the interfaces once multicast works', async () => {
    const one = await started({}, { ...HOME, wlan0: [ipv4('192.168.2.10')] });
    await one.clock.advance(60_000);
    expect(healthOf(one)).toEqual([{ problem: null, interfaces: ['eth0', 'wlan0'] }]);
  });

  test('follows the interfaces', async () => {
    const one = await started();
    one.interfaces = { wlan0: [ipv4('192.168.2.10')] };
    await one.clock.advance(2_000);
    expect(healthOf(one).at(-1)).toEqual({ problem: null, interfaces: ['wlan0'] });
    expect(one.lan.openCount).toBe(1);
    one.interfaces = {};
    await one.clock.advance(2_000);
    expect(healthOf(one).at(-1)).toEqual({
      problem: { code: 'noNetwork', reason: 'This device is on no network', remedy: 'connect it to one' },
      interfaces: [],
    });
    one.interfaces = HOME;
    await one.clock.advance(2_000);
    expect(healthOf(one).at(-1)).toEqual({ problem: null, interfaces: ['eth0'] });
  });

  test('names the addresses that were chosen and are not there', async () => {
    const one = await started({ interfaces: ['10.0.0.5'] });
    expect(healthOf(one).at(-1)?.problem).toMatchObject({
      code: 'addressMissing',
      reason: expect.stringContaining('the address chosen for mDNS (10.0.0.5)'),
    });
  });

  test('tells when another program keeps the port, and when it let go', async () => {
    const one = machine();
    one.lan.openFailures.set('192.168.1.10', 'EADDRINUSE');
    await one.harness.actor.start();
    await one.clock.advance(60_000);
    expect(healthOf(one)).toHaveLength(1);
    expect(healthOf(one)[0]?.problem).toEqual({
      code: 'portTaken',
      reason: 'Another program keeps UDP port 5353 to itself',
      remedy: 'end it, or let it share the port',
    });
    expect(one.harness.logger.lines.filter((line) => line.message.startsWith('mDNS cannot be used'))).toHaveLength(1);
    one.lan.openFailures.clear();
    await one.clock.advance(2_000);
    expect(healthOf(one).at(-1)).toEqual({ problem: null, interfaces: ['eth0'] });
  });

  test('is well while one interface works', async () => {
    const one = machine({}, { ...HOME, tun0: [ipv4('10.8.0.2')] });
    one.lan.openFailures.set('10.8.0.2', 'ENODEV');
    await one.harness.actor.start();
    expect(healthOf(one)).toEqual([{ problem: null, interfaces: ['eth0'] }]);
  });

  test('tells when nothing can be sent, and when it can again', async () => {
    const one = await started();
    one.lan.trouble('192.168.1.10', 'ENETUNREACH');
    expect(healthOf(one).at(-1)?.problem).toMatchObject({
      code: 'unreachable',
      reason: 'The local network on eth0 cannot be reached (ENETUNREACH)',
    });
    one.lan.trouble('192.168.1.10', null);
    expect(healthOf(one).at(-1)).toEqual({ problem: null, interfaces: ['eth0'] });
  });

  test('stays a problem while nothing can be sent, however often it is tried', async () => {
    const one = await started();
    one.lan.deaf.add('192.168.1.10');
    one.lan.sendFailures.set('192.168.1.10', 'ENETUNREACH');
    await one.clock.advance(120_000);
    expect(healthOf(one)).toHaveLength(2);
    expect(healthOf(one)[1]?.problem?.reason).toContain('ENETUNREACH');
    one.lan.deaf.clear();
    one.lan.sendFailures.clear();
    await one.clock.advance(60_000);
    expect(healthOf(one)).toHaveLength(3);
    expect(healthOf(one)[2]).toEqual({ problem: null, interfaces: ['eth0'] });
  });

  test('opens an interface anew that hears nothing, without a word when that helps', async () => {
    const one = await started();
    await one.harness.client.request('advertise', advertisement());
    one.lan.deaf.add('192.168.1.10');
    for (let second = 0; second < 40 && one.lan.opened.length < 2; second += 1) await one.clock.advance(1_000);
    expect(one.lan.opened).toHaveLength(2);
    one.lan.deaf.clear();
    await one.clock.advance(60_000);
    expect(healthOf(one)).toHaveLength(1);
    expect(one.lan.announcedAt('192.168.1.10')).toHaveLength(1);
  });

  test('tells when an interface stays deaf, without opening it over and over', async () => {
    const one = machine();
    one.lan.deaf.add('192.168.1.10');
    await one.harness.actor.start();
    await one.clock.advance(20_000);
    expect(healthOf(one).at(-1)?.problem).toEqual({
      code: 'unheard',
      reason: 'What is sent to the local network on eth0 does not come back',
      remedy: 'a firewall may block UDP port 5353: let it in and out',
    });
    await one.clock.advance(100_000);
    expect(one.lan.opened.length).toBeLessThan(7);
    expect(healthOf(one)).toHaveLength(2);
    one.lan.deaf.clear();
    await one.clock.advance(10_000);
    expect(healthOf(one).at(-1)).toEqual({ problem: null, interfaces: ['eth0'] });
  });

  test('survives a system that does not name its interfaces', async () => {
    const one = machine();
    Object.defineProperty(one, 'interfaces', {
      get: () => {
        throw new Error('EPERM');
      },
    });
    await one.harness.actor.start();
    expect(healthOf(one).at(-1)?.problem?.code).toBe('noNetwork');
    await one.harness.actor.stop();
  });
});

describe('a network with IPv6', () => {
  const HOME_IPV6: NetworkInterfaces = { ...LOOPBACK, eth0: ipv6('fd00:1::10') };

  test('alone is where devices are found, at their IPv6 port', async () => {
    const one = await started({}, HOME_IPV6);
    one.lan.addDevice(
      'fe80::b',
      { endpointId: theirs, port: 4006, lanTag },
      { addresses: ['fd00:1::20'], referer: { address: 'fe80::b%eth0' } },
    );
    const report = one.harness.client.request('search', search());
    await one.clock.advance(5_000);
    expect(candidateAddresses(one)).toEqual(['[fd00:1::20]:4006']);
    expect(await report).toMatchObject({ summary: '1 found in 5 s on eth0' });
  });

  test('is told the port of each family, and nothing of one that has none', async () => {
    const dual = { ...LOOPBACK, eth0: [ipv4('192.168.1.10'), ...ipv6('fd00:1::10')] };
    const one = await started({}, dual);
    await one.harness.client.request('advertise', advertisement({ ipv6Port: 4006 }));
    expect(one.lan.announcedAt('192.168.1.10')).toMatchObject([{ port: '4001' }]);
    expect(one.lan.announcedAt('fe80::a')).toMatchObject([{ port: '4006' }]);
    await one.harness.client.request('advertise', advertisement());
    expect(one.lan.announcedAt('192.168.1.10')).toHaveLength(1);
    expect(one.lan.announcedAt('fe80::a')).toEqual([]);
  });

  test('beside IPv4 that does not work is no cure', async () => {
    const one = machine({}, { ...LOOPBACK, eth0: [ipv4('192.168.1.10'), ...ipv6('fd00:1::10')] });
    one.lan.openFailures.set('192.168.1.10', 'EADDRINUSE');
    await one.harness.actor.start();
    expect(one.harness.toldOf('health.changed').at(-1)).toMatchObject({ problem: { code: 'portTaken' } });
    one.interfaces = HOME_IPV6;
    await one.clock.advance(2_000);
    expect(one.harness.toldOf('health.changed').at(-1)).toEqual({ problem: null, interfaces: ['eth0'] });
  });

  test('has to have more than link-local addresses, and says so', async () => {
    const one = await started({}, { ...LOOPBACK, eth0: ipv6() });
    expect(one.harness.toldOf('health.changed').at(-1)?.problem).toMatchObject({
      code: 'linkLocalOnly',
      reason: expect.stringContaining('on eth0'),
    });
    const report = one.harness.client.request('search', search());
    await one.clock.advance(5_000);
    expect((await report).problem).toContain('link-local IPv6 addresses alone');
    one.interfaces = HOME_IPV6;
    await one.clock.advance(2_000);
    expect(one.harness.toldOf('health.changed').at(-1)).toEqual({ problem: null, interfaces: ['eth0'] });
  });
});

describe('a change of network', () => {
  test('makes new names and asks anew on refresh', async () => {
    const one = await started();
    const two = await started({}, { eth0: [ipv4('192.168.1.20')] }, one);
    await two.harness.client.request('advertise', advertisement({ endpointId: theirs }));
    expect(one.harness.toldOf('device.sighted')).toHaveLength(1);
    await two.harness.client.request('refresh', {});
    expect(one.harness.toldOf('device.sighted')).toHaveLength(2);
    await one.harness.client.request('refresh', {});
    expect(one.harness.toldOf('device.sighted')).toHaveLength(3);
    expect(one.lan.openCount).toBe(2);
    await two.harness.actor.stop();
  });

  test('is no change of health', async () => {
    const one = await started();
    await one.harness.client.request('refresh', {});
    expect(one.harness.toldOf('health.changed')).toHaveLength(1);
  });

  test('opens an interface anew that was made again under the same name and address', async () => {
    const one = await started();
    one.interfaces = { ...HOME, eth0: [ipv4('192.168.1.10', { mac: '02:00:00:00:00:99' })] };
    await one.clock.advance(2_000);
    expect(one.lan.opened).toEqual(['192.168.1.10', '192.168.1.10']);
    expect(one.lan.openCount).toBe(1);
  });

  test('does not disturb a search', async () => {
    const one = await started();
    const report = one.harness.client.request('search', search());
    await one.clock.advance(1_000);
    await one.harness.client.request('refresh', {});
    one.lan.addDevice('192.168.1.20', { endpointId: theirs, port: 4002, lanTag });
    await one.clock.advance(4_000);
    expect((await report).candidateCount).toBe(1);
  });

  test('in the middle of stopping leaves nothing open', async () => {
    const one = await started();
    await Promise.all([one.harness.client.request('refresh', {}), one.harness.actor.stop()]);
    expect(one.lan.openCount).toBe(0);
    expect(one.clock.pendingTimerCount).toBe(0);
  });

  test('in the middle of starting leaves nothing open either', async () => {
    const one = machine();
    await Promise.all([one.harness.actor.start(), one.harness.actor.stop()]);
    expect(one.lan.openCount).toBe(0);
    expect(one.clock.pendingTimerCount).toBe(0);
  });

  test('and a stop leave no record behind for the next start', async () => {
    const one = await started();
    await one.harness.client.request('advertise', advertisement());
    const late = one.harness.client.request('advertise', advertisement({ advertisementId: 'late' }));
    await Promise.all([late, one.harness.actor.stop()]);
    await one.harness.actor.start();
    expect(one.lan.announcedAt('192.168.1.10')).toEqual([]);
  });

  test('can start again after it stopped', async () => {
    const one = await started();
    await one.harness.actor.stop();
    await one.harness.actor.start();
    one.lan.addDevice('192.168.1.20', { endpointId: other, port: 4002, lanTag });
    const report = one.harness.client.request('search', search());
    await one.clock.advance(5_000);
    expect((await report).candidateCount).toBe(1);
  });
});
