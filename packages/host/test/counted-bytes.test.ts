import { brandAs, type ConnectionId, type EndpointId } from '@bowline/contracts';
import { settle } from '@bowline/testing';
import { beforeEach, describe, expect, it } from 'vitest';
import { type CountedBytes, countedBytes } from '../src/counted-bytes.ts';
import { peerDevice, scriptedSystem } from './scripted-system.ts';

const phone = peerDevice(2);
const stranger = peerDevice(3);

interface Counting {
  readonly id: string;
  readonly endpointId?: EndpointId;
  readonly sent: number;
}

let direct: Counting[];
let overTcp: Counting[];
let relayed: Counting[];
let stage: ReturnType<typeof scriptedSystem>;
let counted: CountedBytes;

const carried = (sentBytes: number) => ({ sentBytes, receivedBytes: sentBytes * 10 });

const endConnection = (id: string, sent: number, endpointId: EndpointId = phone.endpointId): void =>
  stage.tell('endpoint', 'connection.closed', {
    connectionId: brandAs<ConnectionId>(id),
    remoteEndpointId: endpointId,
    direct: carried(sent),
  });

beforeEach(async () => {
  direct = [];
  overTcp = [];
  relayed = [];
  stage = scriptedSystem({
    'endpoint.countBytes': () => ({
      connections: direct.map(({ id, endpointId = phone.endpointId, sent }) => ({
        connectionId: id,
        remoteEndpointId: endpointId,
        direct: carried(sent),
      })),
    }),
    'tcp.status': () => ({
      connections: overTcp.map(({ id, sent }) => ({ connectionId: id, deviceId: phone.id, ...carried(sent) })),
    }),
    'switchboard.traffic': () => ({
      peers: relayed.map(({ endpointId = phone.endpointId, sent }) => ({ endpointId, traffic: carried(sent) })),
    }),
  });
  await stage.peers.adopt(phone);
  counted = countedBytes(stage.system);
});

const sentTo = async (device = phone) => {
  const bytes = (await counted.read())(device.id);
  expect(bytes.direct.receivedBytes).toBe(10 * bytes.direct.sentBytes);
  expect(bytes.relayed.receivedBytes).toBe(10 * bytes.relayed.sentBytes);
  return [bytes.direct.sentBytes, bytes.relayed.sentBytes];
};

describe('the bytes of a device', () => {
  it('are those of all its connections together, and of relays beside them', async () => {
    direct = [
      { id: 'c-1', sent: 10 },
      { id: 'c-2', sent: 1 },
    ];
    overTcp = [{ id: 't-1', sent: 100 }];
    relayed = [{ id: 'r', sent: 7 }];
    expect(await sentTo()).toEqual([111, 7]);
    expect((await counted.read())(phone.id).sinceMs).toBe(stage.clock.nowMs());
  });

  it('are counted once, however often they are read', async () => {
    direct = [{ id: 'c-1', sent: 10 }];
    await counted.read();
    direct = [{ id: 'c-1', sent: 15 }];
    await Promise.all([counted.read(), counted.read()]);
    expect(await sentTo()).toEqual([15, 0]);
  });

  it('outlast each connection', async () => {
    direct = [{ id: 'c-1', sent: 10 }];
    await counted.read();
    direct = [{ id: 'c-2', sent: 1 }];
    endConnection('c-1', 12);
    endConnection('c-0', 100);
    stage.tell('tcp', 'connection.closed', { connectionId: 't-1', deviceId: phone.id, carried: carried(1_000) });
    expect(await sentTo()).toEqual([1_113, 0]);
  });

  it('are not counted twice of a connection that ends while they are read', async () => {
    direct = [{ id: 'c-1', sent: 10 }];
    const reading = counted.read();
    endConnection('c-1', 12);
    await reading;
    direct = [];
    expect(await sentTo()).toEqual([12, 0]);
  });

  it('outlast workers that begin anew, as far as they were read', async () => {
    direct = [{ id: 'c-1', sent: 10 }];
    relayed = [{ id: 'r', sent: 7 }];
    stage.peers.update(phone.id, { link: 'up' });
    await stage.clock.advance(60_000);
    await settle();
    for (const worker of ['endpoint', 'tcp', 'switchboard'] as const) await stage.becomeReady(worker);
    direct = [{ id: 'c-2', sent: 3 }];
    relayed = [{ id: 'r', sent: 8 }];
    expect(await sentTo()).toEqual([13, 15]);
  });

  it('stay what they were while a worker does not answer', async () => {
    direct = [{ id: 'c-1', sent: 10 }];
    await counted.read();
    direct = null as never;
    expect(await sentTo()).toEqual([10, 0]);
  });

  it('go on when it is paired anew', async () => {
    endConnection('c-1', 5);
    relayed = [{ id: 'r', sent: 7 }];
    await counted.read();
    await stage.peers.remove(phone.id);
    endConnection('c-2', 6);
    await counted.read();
    await stage.peers.adopt(phone);
    expect(await sentTo()).toEqual([11, 7]);
  });

  it('of strangers are not kept', async () => {
    direct = [{ id: 'c-9', endpointId: stranger.endpointId, sent: 10 }];
    endConnection('c-8', 5, stranger.endpointId);
    await counted.read();
    await stage.peers.adopt(stranger);
    expect(await sentTo(stranger)).toEqual([10, 0]);
  });

  it('are asked for by nobody while no device is linked, nor after the end', async () => {
    await stage.clock.advance(180_000);
    expect(stage.asked).not.toContain('endpoint.countBytes');
    counted.cancel();
    stage.peers.update(phone.id, { link: 'up' });
    await stage.clock.advance(180_000);
    expect(stage.asked).not.toContain('endpoint.countBytes');
  });
});
