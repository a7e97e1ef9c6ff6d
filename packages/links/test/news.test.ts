import { brandAs, type ConnectionId, type DeviceFacts, type RelayUrl, type SocketAddress } from '@bowline/contracts';
import { settle } from '@bowline/testing';
import { describe, expect, it } from 'vitest';
import { peerList } from './peer-list.ts';
import { askToConnect, scriptedWorld } from './scripted-peer.ts';
import { statusOf, twoDevices, twoLinkedDevices } from './two-devices.ts';

const relayUrl = brandAs<RelayUrl>('https://other.relay.test/');
const relayInfo = { homeRelayUrl: relayUrl, relayUrls: [relayUrl], revision: 2, incarnation: 1 };

describe('news over a link', () => {
  it('relays are pushed to the peers named, and said in later greetings', async () => {
    const { low, high, network } = await twoLinkedDevices();
    await low.harness.client.request('pushRelayInfo', { deviceIds: [high.deviceId], relayInfo });
    await settle();
    expect(high.harness.toldOf('relayInfo.received')).toEqual([{ deviceId: low.deviceId, relayInfo }]);
    network.cut(low.endpointId, high.endpointId);
    await settle();
    await high.connect(low);
    expect(high.harness.toldOf('link.up').at(-1)).toMatchObject({ relayInfo });
  });

  it('what a device knows of itself is told to the peers named', async () => {
    const { low, high } = await twoLinkedDevices();
    const facts: DeviceFacts = {
      atMs: 5,
      version: '1.0.0',
      nat: 'symmetric',
      udp: 'blocked',
      hasObserver: true,
      bound: 'everywhere',
      families: ['ipv4', 'ipv6'],
      relayChoice: 'default',
      usesProxy: false,
      relays: [],
      mdns: 'works',
      mdnsProblem: null,
      storeProblem: 'STORE_FULL',
      timerDelayMs: null,
    };
    await low.harness.client.request('tellFacts', { deviceIds: [high.deviceId], facts });
    await settle();
    expect(high.harness.toldOf('facts.received')).toEqual([{ deviceId: low.deviceId, facts }]);
  });

  it('halves of keys for TCP are told on the link they are for, and nowhere when it is another one', async () => {
    const { low, high } = await twoLinkedDevices();
    const up = low.harness.toldOf('link.up').at(-1);
    const there = high.harness.toldOf('link.up').at(-1);
    const offer = { share: new Uint8Array(32).fill(5), addresses: [brandAs<SocketAddress>('192.0.2.1:4000')] };
    const to = { deviceId: high.deviceId, ...offer };
    await low.harness.client.request('tellTcp', { ...to, connectionId: brandAs<ConnectionId>('of another link') });
    await low.harness.client.request('tellTcp', {
      ...to,
      connectionId: up?.connectionId ?? brandAs<ConnectionId>('none'),
    });
    await low.harness.client.request('askTcp', { deviceId: high.deviceId });
    await settle();
    expect(high.harness.toldOf('tcp.received')).toEqual([
      { deviceId: low.deviceId, connectionId: there?.connectionId, ...offer },
    ]);
    expect(high.harness.toldOf('tcp.asked')).toEqual([{ deviceId: low.deviceId }]);
  });

  it('what the other side has lost on the way here is told by it alone, and until it is not known any more', async () => {
    const { low, high, network } = await twoLinkedDevices();
    const measured = (under: typeof low, of: typeof low) =>
      under.harness.client.request('measurements', { deviceId: of.deviceId });
    expect(await measured(high, low)).toMatchObject({ lossRatioThere: null });
    network.tellLoss(low.endpointId, high.endpointId, 0.1534);
    await settle();
    expect(await measured(high, low)).toMatchObject({ lossRatioThere: 0.153 });
    expect(await measured(low, high)).toMatchObject({ lossRatioThere: null });
    network.tellLoss(low.endpointId, high.endpointId, null);
    await settle();
    expect(await measured(high, low)).toMatchObject({ lossRatioThere: null });
  });

  it('how the other side failed to dial by TCP is told', async () => {
    const { low, high } = await twoLinkedDevices();
    await low.harness.client.request('tellTcpFailure', { deviceId: high.deviceId, failure: 'noAnswer' });
    await settle();
    const measured = await high.harness.client.request('measurements', { deviceId: low.deviceId });
    expect(measured).toMatchObject({ tcpFailureThere: 'noAnswer' });
  });

  it('round trips are kept as they were measured, and forgotten with the path and the link', async () => {
    const { low, high, network, clock } = await twoLinkedDevices();
    const measured = async () =>
      (await low.harness.client.request('measurements', { deviceId: high.deviceId })).roundTrips.map(
        ({ rttMs }) => rttMs,
      );
    const ping = async (delayMs: number): Promise<void> => {
      network.setDelay(low.endpointId, high.endpointId, delayMs);
      const answered = low.harness.client.request('ping', { deviceId: high.deviceId });
      await clock.advance(2 * delayMs);
      await answered;
    };
    await ping(30);
    await ping(50);
    expect(await measured()).toEqual(expect.arrayContaining([60, 100]));
    network.movePath(low.endpointId, high.endpointId, 'relay');
    await settle();
    expect(await measured()).toEqual([]);
    await ping(20);
    expect(await measured()).toEqual([40]);
    network.cut(low.endpointId, high.endpointId);
    await settle();
    expect(await measured()).toEqual([]);
  });

  it('relays are asked for and answered', async () => {
    const { low, high } = await twoLinkedDevices();
    await low.harness.client.request('askRelayInfo', { deviceId: high.deviceId });
    await settle();
    expect(low.harness.toldOf('relayInfo.received')).toMatchObject([
      { deviceId: high.deviceId, relayInfo: { revision: 1 } },
    ]);
  });

  it('asking and pushing without a link does nothing', async () => {
    const { low, high } = await twoDevices();
    await low.harness.client.request('askRelayInfo', { deviceId: high.deviceId });
    await low.harness.client.request('pushRelayInfo', { deviceIds: [high.deviceId], relayInfo });
    await settle();
    expect(high.events()).toEqual([]);
  });

  it('a new name and new addresses are told, the same ones are not', async () => {
    const { low, high } = await twoLinkedDevices();
    const directAddresses = [brandAs<SocketAddress>('10.9.9.9:9')];
    await low.present({ name: 'Renamed', directAddresses });
    await low.present({ name: 'Renamed', directAddresses });
    await settle();
    expect(high.harness.toldOf('peer.updated')).toEqual([{ deviceId: low.deviceId, name: 'Renamed', directAddresses }]);
  });

  it('a name without a visible character, or another identity, is refused', async () => {
    const { low } = await twoDevices();
    await expect(low.present({ name: '\u200B' })).rejects.toMatchObject({ code: 'INVALID_OPTION' });
    await expect(low.present({ incarnation: 0 })).rejects.toMatchObject({ code: 'INVALID_OPTION' });
  });

  it('names, addresses and relays beyond the bounds of the wire are cut', async () => {
    const { low, high } = await twoDevices();
    const directAddresses = Array.from({ length: 20 }, (_, index) => brandAs<SocketAddress>(`10.1.1.${index}:9`));
    const relayUrls = Array.from({ length: 9 }, (_, index) => brandAs<RelayUrl>(`https://r${index}.test/`));
    await low.present({
      name: `  ${'n'.repeat(100)}`,
      directAddresses,
      relayInfo: { ...relayInfo, relayUrls },
    });
    await low.connect(high);
    await settle();
    const [up] = high.harness.toldOf('link.up');
    expect(up?.name).toBe('n'.repeat(64));
    expect(up?.directAddresses).toHaveLength(16);
    expect(up?.relayInfo.relayUrls).toHaveLength(8);
  });

  it('a change of path is told once', async () => {
    const { low, high, network } = await twoLinkedDevices();
    for (const kind of ['relay', 'relay', 'direct'] as const) network.movePath(low.endpointId, high.endpointId, kind);
    await settle();
    expect(low.harness.toldOf('link.pathChanged').map(({ path }) => path.kind)).toEqual(['relay', 'direct']);
    expect(await statusOf(low, high)).toMatchObject({ state: 'connected', path: { kind: 'direct' } });
  });

  it('over a relay no observed address is told', async () => {
    const { low, high, network } = await twoDevices();
    network.setRelayOnly(low.endpointId, high.endpointId, true);
    expect((await low.connect(high)).path?.kind).toBe('relay');
    expect(low.harness.toldOf('link.up')).toMatchObject([{ observedAddress: null }]);
  });

  it('a ping tells round trip and path, and rejects without a link or when it ends', async () => {
    const { low, high, clock, network } = await twoLinkedDevices();
    network.setDelay(low.endpointId, high.endpointId, 30);
    const ping = low.harness.client.request('ping', { deviceId: high.deviceId });
    await clock.advance(60);
    expect(await ping).toMatchObject({ rttMs: 60, path: { kind: 'direct' } });
    const interrupted = low.harness.client
      .request('ping', { deviceId: high.deviceId })
      .catch((error: unknown) => error);
    network.cut(low.endpointId, high.endpointId);
    expect(await interrupted).toMatchObject({ code: 'LINK_DOWN', retryable: true });
    await expect(low.harness.client.request('ping', { deviceId: high.deviceId })).rejects.toMatchObject({
      code: 'LINK_DOWN',
    });
  });

  it('an aborted ping ends', async () => {
    const { low, high, network } = await twoLinkedDevices();
    network.block(low.endpointId, high.endpointId);
    const aborting = new AbortController();
    const { signal } = aborting;
    const ping = low.harness.client
      .request('ping', { deviceId: high.deviceId }, { signal })
      .catch((error: unknown) => error);
    await settle();
    aborting.abort();
    expect(await ping).toMatchObject({ code: 'LINK_DOWN' });
  });

  it('status counts since the last change of state', async () => {
    const { low, high, clock } = await twoDevices();
    const startMs = clock.nowMs();
    expect(await statusOf(low, high)).toEqual({
      deviceId: high.deviceId,
      state: 'offline',
      sinceMs: startMs,
      path: null,
      connectionId: null,
      rttMs: null,
      unacknowledgedCount: 0,
      unkept: { count: 0, sizeBytes: 0 },
      heldBack: null,
    });
    await clock.advance(5_000);
    await low.connect(high);
    await clock.advance(5_000);
    expect(await statusOf(low, high)).toMatchObject({ state: 'connected', sinceMs: startMs + 5_000, rttMs: 0 });
  });

  it('connections that come before the device is presented wait for it', async () => {
    const { low, high, clock } = await twoDevices();
    await high.restart(false);
    expect(high.events()).toEqual([]);
    const early = await scriptedWorld();
    const { under, peer } = early;
    await under.harness.actor.stop();
    await under.harness.actor.start();
    const { deviceId, endpointId } = peer;
    await under.harness.client.request('setPeers', peerList({ deviceId, endpointId }));
    await expect(askToConnect(early)).rejects.toMatchObject({ code: 'LINKS_UNAVAILABLE' });
    const connection = await peer.dial();
    await peer.say(connection, { kind: 'hello', ...peer.greeting() });
    await clock.advance(100);
    expect(under.events()).toEqual([]);
    await under.present();
    await settle();
    expect(under.events()).toEqual(['link.up']);
    expect(low.events()).toEqual([]);
  });
});
