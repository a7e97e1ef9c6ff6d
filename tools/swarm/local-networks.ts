import {
  type ActorComponents,
  type Advertisement,
  type Candidate,
  type Clock,
  type DeviceId,
  type DiscoveryMdnsChannel,
  type EndpointId,
  type PresenceKey,
  peersGone,
  type SightedPeer,
  type SocketAddress,
} from '@bowline/contracts';
import type { MortalActor } from './simulated-worker.ts';

/** Where a device is, as multicast sees it: the network it is on, `null` where nothing passes. */
export interface LanStation {
  readonly lan: () => string | null;
  readonly ip: () => string;
}

/** What is announced on local networks, and who hears it. */
export interface LocalNetworks {
  /** The mDNS source of one device. */
  source(station: LanStation): (components: ActorComponents<DiscoveryMdnsChannel>) => MortalActor<DiscoveryMdnsChannel>;
  /** A device came to another network: it asks, and is asked. */
  moved(station: LanStation): void;
}

/** Until a record or the answer to a question has reached everybody, milliseconds. */
const MULTICAST_MS = 40;

/** The longest pause between two questions for whoever is there, milliseconds: who missed an answer hears the next one. */
const ASK_EVERY_MS = 30_000;

/** What was heard of a device that is not heard any more counts for so long, milliseconds. */
const RECORD_LIFE_MS = 120_000;

interface Responder {
  readonly station: LanStation;
  readonly records: Map<string, Advertisement>;
  hear(records: readonly Advertisement[], ip: string): void;
  forgetHeard(): void;
}

/** What a record shows, in one; made once of each, for everybody who is there asks for it all the time. */
const keyOf = (record: Advertisement): string => {
  const key = keys.get(record) ?? `${record.endpointId} ${record.presenceKey} ${record.lanTag}`;
  keys.set(record, key);
  return key;
};
const keys = new WeakMap<Advertisement, string>();

/** Multicast in virtual time: everybody on one network hears everybody, and tells what is new. */
export const localNetworks = (clock: Clock): LocalNetworks => {
  const responders = new Set<Responder>();

  const neighboursOf = (responder: Responder): readonly Responder[] => {
    const lan = responder.station.lan();
    if (lan === null) return [];
    return [...responders].filter((each) => each !== responder && each.station.lan() === lan);
  };
  const speak = (from: Responder): void => {
    clock.setTimer(MULTICAST_MS, () => {
      for (const each of neighboursOf(from)) each.hear([...from.records.values()], from.station.ip());
    });
  };
  const ask = (from: Responder): void => {
    clock.setTimer(MULTICAST_MS, () => {
      for (const each of neighboursOf(from)) from.hear([...each.records.values()], each.station.ip());
    });
  };

  return {
    moved: (station) => {
      for (const responder of responders) {
        if (responder.station !== station) continue;
        responder.forgetHeard();
        speak(responder);
        ask(responder);
      }
    },
    source: (station) => (components) => {
      const { emit } = components;
      const records = new Map<string, Advertisement>();
      const peers = new Map<DeviceId, SightedPeer>();
      const searches = new Map<string, string>();
      /** What was heard of each, by what it shows. */
      const heard = new Map<
        string,
        { readonly record: Advertisement; readonly address: SocketAddress; atMs: number }
      >();

      const ownerOf = ({ endpointId, presenceKey }: Advertisement): EndpointId | null => {
        if (endpointId !== null) return endpointId;
        const isTheirs = (key: PresenceKey | null | undefined): boolean => key != null && key === presenceKey;
        return [...peers.values()].find((peer) => isTheirs(peer.presenceKey))?.endpointId ?? null;
      };
      const sight = (record: Advertisement, address: SocketAddress): void => {
        const endpointId = ownerOf(record);
        if (endpointId !== null) emit('device.sighted', { endpointId, directAddresses: [address] });
      };
      const found = (searchId: string, record: Advertisement, address: SocketAddress): void => {
        if (record.endpointId === null) return;
        const { endpointId } = record;
        const candidate: Candidate = {
          source: 'mdns',
          kind: 'device',
          address: { endpointId, directAddresses: [address], relayUrls: [] },
        };
        emit('candidate.found', { searchId, candidate });
      };
      const responder: Responder = {
        station,
        records,
        forgetHeard: () => heard.clear(),
        hear: (shown, ip) => {
          for (const record of shown) {
            const address = `${ip}:${record.port}` as SocketAddress;
            const key = keyOf(record);
            const before = heard.get(key);
            const isNews = before?.address !== address || components.clock.monotonicMs() - before.atMs > RECORD_LIFE_MS;
            heard.set(key, { record, address, atMs: components.clock.monotonicMs() });
            if (isNews) sight(record, address);
            for (const [searchId, tag] of searches) if (tag === record.lanTag) found(searchId, record, address);
          }
        },
      };
      const leave = (): void => {
        responders.delete(responder);
      };
      const askRegularly = (): void => {
        components.clock.setTimer(ASK_EVERY_MS, () => {
          if (!responders.has(responder)) return;
          ask(responder);
          askRegularly();
        });
      };

      return {
        start: async () => {
          responders.add(responder);
          ask(responder);
          askRegularly();
        },
        stop: async () => leave(),
        kill: leave,
        handlers: {
          advertise: (record) => {
            records.set(record.advertisementId, record);
            speak(responder);
          },
          withdraw: ({ advertisementId }) => void records.delete(advertisementId),
          setPeers: (list) => {
            for (const deviceId of peersGone(list, peers.keys())) peers.delete(deviceId);
            for (const peer of list.peers) {
              const before = peers.get(peer.deviceId);
              peers.set(peer.deviceId, peer);
              if (before?.presenceKey === peer.presenceKey && before !== undefined) continue;
              for (const { record, address } of heard.values()) {
                if (ownerOf(record) === peer.endpointId) sight(record, address);
              }
            }
          },
          readInterfaces: () => ({ interfaces: [] }),
          refresh: () => {
            heard.clear();
            speak(responder);
            ask(responder);
          },
          search: async ({ searchId, target, timeoutMs }, { signal }) => {
            searches.set(searchId, target.lanTag);
            ask(responder);
            await new Promise<void>((resolve) => {
              const cancel = components.clock.setTimer(timeoutMs, resolve);
              signal.addEventListener('abort', () => {
                cancel();
                resolve();
              });
            });
            searches.delete(searchId);
            return { source: 'mdns', candidateCount: 0, summary: 'looked around' };
          },
        },
      };
    },
  };
};
