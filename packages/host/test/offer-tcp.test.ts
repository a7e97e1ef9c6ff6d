import { brandAs, type ConnectionPath, type SocketAddress, TCP_FEATURE, type TcpLink } from '@bowline/contracts';
import { tcpKey } from '@bowline/link-protocol';
import { settle } from '@bowline/testing';
import { describe, expect, it } from 'vitest';
import type { System } from '../src/system.ts';
import { offerTcp } from '../src/wiring/offer-tcp.ts';
import { peerDevice, scriptedSystem } from './scripted-system.ts';

const phone = peerDevice(2);
const connectionId = brandAs('link-1');
const HERE = brandAs<SocketAddress>('192.168.1.7:5000');
const BESIDE = brandAs<SocketAddress>('[fd00::7]:5001');
const FAR = brandAs<SocketAddress>('10.9.9.9:80');
const PUBLIC = brandAs<SocketAddress>('198.51.100.1:443');
const LINK_LOCAL = brandAs<SocketAddress>('[fe80::7]:5002');
const LINK_LOCAL_HERE = brandAs<SocketAddress>('[fe80::7%eth0]:5002');
const METADATA = brandAs<SocketAddress>('169.254.169.254:80');
const LOOPBACK = brandAs<SocketAddress>('127.0.0.1:22');

const address = (ip: string, bits = 24) => ({ address: ip, cidr: `${ip}/${bits}`, internal: false });
const direct = (remoteAddress: string): ConnectionPath => ({
  kind: 'direct',
  remoteAddress: brandAs(remoteAddress),
  rttMs: 1,
});

const offering = async (options: object = {}) => {
  const scripted = scriptedSystem();
  const system = Object.assign(scripted.system, {
    options: { bind: [], isLoopbackOnly: false, tcp: true, allowsPublicTcp: false, ...options },
    networkInterfaces: () => ({
      lo: [{ address: '127.0.0.1', internal: true }],
      eth0: [
        address('192.168.1.2'),
        address('fe80::1', 64),
        address('fd00::2', 64),
        address('203.0.113.9'),
        address('2001:db8:1::2', 64),
      ],
      container: [address('fe80::c', 64)],
    }),
  }) as System;
  await scripted.peers.adopt(phone);
  offerTcp(system);
  await scripted.becomeReady('tcp');
  const { tell, inputsOf, peers } = scripted;
  const share = new Uint8Array(32).fill(7);
  return {
    ...scripted,
    system,
    share,
    setPath: (path: ConnectionPath | null) => peers.update(phone.id, { link: 'up', path }),
    up: (features: readonly string[] = [TCP_FEATURE]) => {
      tell('links', 'link.up', { deviceId: phone.id });
      tell('links', 'features.received', { deviceId: phone.id, connectionId, features });
    },
    offer: (addresses: readonly SocketAddress[], on = connectionId, theirs = share) =>
      tell('links', 'tcp.received', { deviceId: phone.id, connectionId: on, share: theirs, addresses }),
    lastLinks: () => inputsOf('tcp.setLinks').at(-1) as { links: TcpLink[]; listenAt: string[]; dialFrom: string[] },
    said: () => inputsOf('links.tellTcp') as { share: Uint8Array; addresses: SocketAddress[] }[],
  };
};

describe('TCP beside a link', () => {
  it('is listened for while a device that knows it is linked, on addresses that do not face the internet', async () => {
    const { up, tell, lastLinks } = await offering();
    const nothing = { links: [], listenAt: [], dialFrom: [] };
    expect(lastLinks()).toEqual(nothing);
    up(['streams/1']);
    await settle();
    expect(lastLinks().listenAt).toEqual([]);
    up();
    await settle();
    expect(lastLinks().listenAt).toEqual(['192.168.1.2', 'fe80::1%eth0', 'fd00::2']);
    tell('links', 'link.down', { deviceId: phone.id });
    await settle();
    expect(lastLinks()).toEqual(nothing);
  });

  it('is listened for on addresses that face the internet when that is allowed', async () => {
    const { up, lastLinks } = await offering({ allowsPublicTcp: true });
    up();
    await settle();
    expect(lastLinks().listenAt).toEqual(['192.168.1.2', 'fe80::1%eth0', '203.0.113.9', 'fd00::2', '2001:db8:1::2']);
  });

  it('keeps to the addresses that the device is bound to, and leaves from them', async () => {
    for (const [bind, isLoopbackOnly, listenAt, dialFrom] of [
      [['fd00::2'], false, ['fd00::2'], ['fd00::2']],
      [['127.0.0.1'], true, ['127.0.0.1'], ['127.0.0.1']],
      [['203.0.113.9'], false, [], ['203.0.113.9']],
      [['0.0.0.0'], false, ['192.168.1.2'], []],
      [['::'], false, ['fd00::2', 'fe80::1%eth0'], []],
    ] as const) {
      const { up, lastLinks } = await offering({ bind, isLoopbackOnly });
      up();
      await settle();
      expect(lastLinks()).toMatchObject({ listenAt, dialFrom });
    }
  });

  it('dials no family that the device is not bound to', async () => {
    const { up, offer, lastLinks, setPath } = await offering({ bind: ['192.168.1.2'] });
    setPath(direct('192.168.1.7:41'));
    up();
    offer([HERE, BESIDE, LINK_LOCAL]);
    await settle();
    expect(lastLinks().links).toMatchObject([{ addresses: [HERE] }]);
  });

  it('notes whether the device knows it, anew for each link', async () => {
    const { up, tell, peers } = await offering();
    const knows = () => peers.get(phone.id)?.knowsTcp;
    up();
    expect(knows()).toBe(true);
    tell('links', 'link.down', { deviceId: phone.id });
    expect(knows()).toBeNull();
    up(['streams/1']);
    expect(knows()).toBe(false);
  });

  it('has keys of both halves, the same on both sides', async () => {
    const { up, offer, said, lastLinks, share, system } = await offering();
    up();
    offer([]);
    await settle();
    const us = { endpointId: system.identity.endpointId, share: said()[0]?.share ?? share };
    const them = { endpointId: phone.endpointId, share };
    expect(lastLinks().links).toEqual([
      { deviceId: phone.id, dialled: tcpKey(us, them), accepted: tcpKey(them, us), addresses: [] },
    ]);
  });

  it('has other keys on the next link, and takes nothing that is said of the one before', async () => {
    const { up, offer, said, lastLinks } = await offering();
    up();
    offer([]);
    await settle();
    const before = lastLinks().links[0]?.dialled.identity;
    up();
    offer([], brandAs('an earlier one'));
    await settle();
    expect(lastLinks().links).toEqual([]);
    offer([]);
    await settle();
    expect(lastLinks().links[0]?.dialled.identity).not.toBe(before);
    expect(said()[0]?.share).not.toEqual(said()[1]?.share);
  });

  it('takes the half that is said first, and where the device listens as it is said last', async () => {
    const { up, offer, lastLinks, setPath } = await offering();
    setPath(direct('192.168.1.7:41'));
    up();
    offer([]);
    await settle();
    const { dialled } = lastLinks().links[0] as TcpLink;
    offer([HERE], connectionId, new Uint8Array(32).fill(8));
    await settle();
    expect(lastLinks().links).toMatchObject([{ dialled, addresses: [HERE] }]);
  });

  it('dials while the path of the link is direct, where it goes and on own networks, and nowhere else', async () => {
    const { up, offer, lastLinks, setPath } = await offering();
    const paths: readonly (readonly [ConnectionPath | null, readonly SocketAddress[]])[] = [
      [null, []],
      [{ kind: 'relay', remoteAddress: null, rttMs: 1 }, []],
      [direct('192.168.1.7:41'), [HERE, BESIDE, LINK_LOCAL_HERE]],
      [direct('[2001:db8:1::7]:41'), [HERE, BESIDE, LINK_LOCAL_HERE]],
      [direct('[2001:db8::1]:41'), [HERE, BESIDE]],
      [direct('192.168.1.2:41'), [HERE, BESIDE]],
      [direct('10.9.9.9:41'), [HERE, BESIDE, FAR]],
      [direct('198.51.100.1:41'), [HERE, BESIDE]],
    ];
    up();
    offer([HERE, BESIDE, FAR, PUBLIC, LOOPBACK, METADATA, LINK_LOCAL]);
    for (const [path, addresses] of paths) {
      setPath(path);
      await settle();
      expect(lastLinks().links).toMatchObject([{ addresses }]);
    }
  });

  it('dials addresses that face the internet when that is allowed, where the link goes and on own networks', async () => {
    const { up, offer, lastLinks, setPath } = await offering({ allowsPublicTcp: true });
    const NEIGHBOUR = brandAs<SocketAddress>('[2001:db8:1::7]:5003');
    up();
    offer([PUBLIC, NEIGHBOUR, brandAs('[2001:db8:2::7]:80'), brandAs('192.0.2.1:80')]);
    const paths: readonly (readonly [ConnectionPath | null, readonly SocketAddress[]])[] = [
      [null, []],
      [{ kind: 'relay', remoteAddress: null, rttMs: 1 }, []],
      [direct('[2001:db8:2::8]:41'), [NEIGHBOUR]],
      [direct('198.51.100.1:41'), [PUBLIC, NEIGHBOUR]],
    ];
    for (const [path, addresses] of paths) {
      setPath(path);
      await settle();
      expect(lastLinks().links).toMatchObject([{ addresses }]);
    }
  });

  it('believes a device few ports of the internet', async () => {
    const { up, offer, lastLinks, setPath } = await offering({ allowsPublicTcp: true });
    setPath(direct('203.0.113.1:41'));
    up();
    for (let port = 1; port <= 50; port += 1) offer([brandAs(`203.0.113.1:${port}`)]);
    await settle();
    expect(lastLinks().links[0]?.addresses).toEqual([]);
    offer([brandAs('203.0.113.1:5')]);
    await settle();
    expect(lastLinks().links[0]?.addresses).toEqual(['203.0.113.1:5']);
  });

  it('believes a device a few addresses, whatever their ports, and not ever new ones', async () => {
    const { up, offer, lastLinks, setPath } = await offering();
    setPath(direct('192.168.1.7:41'));
    up();
    for (let port = 1; port <= 50; port += 1) offer([brandAs(`192.168.1.7:${port}`)]);
    await settle();
    expect(lastLinks().links[0]?.addresses).toEqual(['192.168.1.7:50']);
    for (let host = 10; host < 40; host += 1) offer([brandAs(`192.168.1.${host}:22`)]);
    await settle();
    expect(lastLinks().links[0]?.addresses).toEqual([]);
    offer([HERE]);
    await settle();
    expect(lastLinks().links[0]?.addresses).toEqual([HERE]);
  });

  it('says where it listens as soon as that is known, and when it has changed', async () => {
    const { up, tell, said } = await offering();
    up();
    await settle();
    tell('tcp', 'listening.changed', { addresses: [HERE, LINK_LOCAL_HERE] });
    await settle();
    expect(said().map(({ addresses }) => addresses)).toEqual([[], [HERE, LINK_LOCAL]]);
    expect(said()[0]?.share).toEqual(said()[1]?.share);
  });

  it('asks a device to dial that it cannot dial, unless that one has just asked the same', async () => {
    const { up, tell, inputsOf, clock } = await offering();
    up();
    tell('tcp', 'dial.failed', { deviceId: phone.id, failure: 'noAnswer' });
    await settle();
    expect(inputsOf('links.askTcp')).toEqual([{ deviceId: phone.id }]);
    tell('links', 'tcp.asked', { deviceId: phone.id });
    tell('links', 'tcp.asked', { deviceId: phone.id });
    tell('tcp', 'dial.failed', { deviceId: phone.id, failure: null });
    await settle();
    expect(inputsOf('tcp.connect')).toEqual([{ deviceId: phone.id }]);
    expect(inputsOf('links.askTcp')).toHaveLength(1);
    expect(inputsOf('links.tellTcpFailure')).toEqual([{ deviceId: phone.id, failure: 'noAnswer' }]);
    await clock.advance(2_000);
    tell('links', 'tcp.asked', { deviceId: phone.id });
    await settle();
    expect(inputsOf('tcp.connect')).toHaveLength(2);
  });

  it('is told anew to a transport that was started again, whose streams go on over QUIC', async () => {
    const { up, offer, lastLinks, crash, becomeReady, inputsOf } = await offering();
    up();
    offer([]);
    await settle();
    const before = lastLinks();
    crash('tcp');
    await settle();
    expect(inputsOf('services.dropTcp')).toHaveLength(1);
    const told = inputsOf('tcp.setLinks').length;
    await becomeReady('tcp');
    expect(inputsOf('tcp.setLinks')).toHaveLength(told + 1);
    expect(lastLinks()).toEqual(before);
  });

  it('is nothing at all where it is turned off', async () => {
    const { up, offer, asked } = await offering({ tcp: false });
    up();
    offer([HERE]);
    await settle();
    expect(asked.filter((request) => request.startsWith('tcp.'))).toEqual([]);
    expect(asked).not.toContain('links.tellTcp');
  });
});
