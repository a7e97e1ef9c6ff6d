import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { brandAs, type EndpointId } from '@bowline/contracts';
import { mdnsDiscovery } from '@bowline/discovery-mdns';
import { systemClock, systemRandom } from '@bowline/system-ports';
import { actorHarness, memoryLogger } from '@bowline/testing';
import type { Ledger } from './ledger.ts';

const MDNS_PORT = 5_353;
const MDNS_GROUP = '224.0.0.251';
const LOOPBACK = '127.0.0.1';

/** What anybody on the network hears of a device. */
export interface Broadcast {
  /** `null` in the record that only says that the device is here. */
  readonly tag: string | null;
  readonly endpointId: string;
  readonly port: number;
}

/** The multicast of the loopback interface: everything said on it, and a voice of its own. */
export interface Air extends AsyncDisposable {
  /** A record of a device; waits for it to be on the air. */
  heardOf(endpointId: string, isMeant: (record: Broadcast) => boolean): Promise<Broadcast>;
  /** Repeats a tag with whatever endpoint and port. Returns what takes it back. */
  advertise(record: Broadcast): Promise<() => Promise<void>>;
}

/** The strings of a record stand one behind the other in the packet, each behind a byte of length. */
const RECORD = /(?:tag=([0-9a-f]{32}).)?id=([0-9a-f]{64}).port=([0-9]{1,5})/gs;

const WAIT_MS = 10_000;

export const air = async (ledger: Ledger): Promise<Air> => {
  const heard = new Map<string, Broadcast>();
  const waiting = new Set<() => void>();
  const hear = ledger.page();
  const socket = createSocket({ type: 'udp4', reuseAddr: true });
  socket.on('message', (packet) => {
    hear(packet);
    for (const [, tag = null, endpointId = '', port] of packet.toString('latin1').matchAll(RECORD)) {
      heard.set(`${endpointId} ${tag}`, { tag, endpointId, port: Number(port) });
    }
    for (const check of [...waiting]) check();
  });
  socket.bind(MDNS_PORT, '0.0.0.0');
  await once(socket, 'listening');
  socket.addMembership(MDNS_GROUP, LOOPBACK);

  const components = { clock: systemClock, random: systemRandom, logger: memoryLogger() };
  const voice = actorHarness((given) => mdnsDiscovery({ interfaces: [LOOPBACK] })(given), components);
  await voice.actor.start();
  let records = 0;

  return {
    heardOf: (endpointId, isMeant) =>
      new Promise((resolve, reject) => {
        const settle = (): void => {
          clearTimeout(timer);
          waiting.delete(check);
        };
        const check = (): void => {
          const record = [...heard.values()].findLast((each) => each.endpointId === endpointId && isMeant(each));
          if (record === undefined) return;
          settle();
          resolve(record);
        };
        const timer = setTimeout(() => {
          settle();
          reject(new Error('the device never announced itself'));
        }, WAIT_MS);
        waiting.add(check);
        check();
      }),
    advertise: async ({ tag, endpointId, port }) => {
      records += 1;
      const advertisementId = `rogue-${records}`;
      await voice.client.request('advertise', {
        advertisementId,
        lanTag: tag,
        endpointId: brandAs<EndpointId>(endpointId),
        port,
      });
      return () => voice.client.request('withdraw', { advertisementId });
    },
    [Symbol.asyncDispose]: async () => {
      await voice.actor.stop();
      socket.close();
    },
  };
};
