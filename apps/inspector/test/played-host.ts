import { brandAs, type HostEvent, type RelayUrl } from '@bowline/contracts';
import type { InspectedHost } from '../src/index.ts';

/** The one relay of a {@link playedHost}. */
export const PLAYED_RELAY = brandAs<RelayUrl>('https://relay.example/');

/** A host that is played: so many devices, the first ones with these names, all connected, and one relay, whose login can be dropped and comes back when told. */
export const playedHost = (
  deviceCount: number,
  names: readonly string[] = [],
): { readonly host: InspectedHost; tell(event: HostEvent): void } => {
  const listeners = new Set<(event: HostEvent) => void>();
  const peers = Array.from({ length: deviceCount }, (_, index) => ({
    id: `d-${String(index).padStart(16, '0')}`,
    endpointId: String(index).padStart(64, '0'),
    name: names[index] ?? `device ${index}`,
    state: 'connected',
    path: index % 2 === 0 ? 'direct' : 'relay',
    relay: index % 2 === 0 ? null : PLAYED_RELAY,
    rttMs: 12,
    tcp: null,
    tcpAbsence: null,
    bytes: {
      sinceMs: 0,
      direct: { sentBytes: 12_300_000, receivedBytes: 4_000 },
      relayed: { sentBytes: 0, receivedBytes: 0 },
    },
    sinceMs: 0,
  }));
  const relay = { url: PLAYED_RELAY, role: 'home', state: 'connected', rttMs: 20, downReason: null };
  const host = {
    status: async () => ({ device: { id: 'd-own', name: 'laptop' }, relays: [relay], peers }),
    traffic: async () => ({ relays: [], peers: [], spentTodayBytes: 0, budget: null }),
    devices: () => peers,
    journal: async () => [],
    dropRelay: async (url: RelayUrl) => url === PLAYED_RELAY,
    onAny: (listener: (event: HostEvent) => void) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  } as unknown as InspectedHost;
  return {
    host,
    tell: (event) => {
      for (const listener of listeners) listener(event);
    },
  };
};
