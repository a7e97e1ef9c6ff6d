import type { DeviceReport, HostEvent, HostStatus, PeerDevice, TrafficReport } from '@bowline/contracts';
import { batch, computed, signal } from '@preact/signals';

/** What the server sends at first and whenever it has changed. */
export interface Snapshot {
  readonly status: HostStatus;
  readonly traffic: TrafficReport | null;
  readonly devices: readonly PeerDevice[];
}

export type ToldEvent = HostEvent & { readonly atMs: number };

/** `closed`: no session, or it is over. `lost`: the device does not answer; it is tried again. */
export type Connection = 'opening' | 'open' | 'lost' | 'closed';

/** Events kept for the log; older ones are in the device's journal. */
const MAX_EVENTS = 500;

/** Two minutes at one a second. */
const MAX_SAMPLES = 120;

export const connection = signal<Connection>('opening');
export const closedBecause = signal('');
export const session = signal<string | null>(null);
export const snapshot = signal<Snapshot | null>(null);
export const events = signal<readonly ToldEvent[]>([]);
/** Round trips of each device, milliseconds, oldest first; `null` while it was not connected. */
export const roundTrips = signal<ReadonlyMap<string, readonly (number | null)[]>>(new Map());
/** The same of each relay, by URL. */
export const relayRoundTrips = signal<ReadonlyMap<string, readonly (number | null)[]>>(new Map());
export const nowMs = signal(Date.now());

/** Name of this device; `null` while nothing is known. */
export const ownName = computed(() => snapshot.value?.status.device.name ?? null);

/** The ids of the devices, in their order: drawn anew only when one comes or goes. */
const joinedIds = computed(() => (snapshot.value?.status.peers ?? []).map(({ id }) => id).join(' '));
export const peerIds = computed(() => joinedIds.value.split(' ').filter((id) => id !== ''));

export const relays = computed(() => snapshot.value?.status.relays ?? []);

/** How a device stands, without what is measured every second. */
export type Standing = Omit<DeviceReport, 'rttMs' | 'tcp'>;

/** How each device stands, by id. What has not changed is the same object as before, so that who shows it draws nothing. */
export const standings = signal<ReadonlyMap<string, Standing>>(new Map());

const standingsOf = (noted: Snapshot | null, before: ReadonlyMap<string, Standing>): ReadonlyMap<string, Standing> =>
  new Map(
    (noted?.status.peers ?? []).map(({ rttMs, tcp, ...standing }) => {
      const known = before.get(standing.id);
      const isSame = known !== undefined && JSON.stringify(known) === JSON.stringify(standing);
      return [standing.id, isSame ? known : standing];
    }),
  );

/** What goes over TCP to a device; `null`: nothing. */
export const tcpOf = (id: string): DeviceReport['tcp'] =>
  snapshot.value?.status.peers.find((peer) => peer.id === id)?.tcp ?? null;

/** What a device may take through relays in a day, bytes; `null`: no limit. */
export const dayLimit = computed(() => snapshot.value?.traffic?.budget?.peerBytesPerDay ?? null);

/** What went through relays for a device; `undefined` where nothing did. */
export const trafficOf = (endpointId: string): TrafficReport['peers'][number] | undefined =>
  snapshot.value?.traffic?.peers.find((peer) => peer.endpointId === endpointId);

const withSamples = (
  before: ReadonlyMap<string, readonly (number | null)[]>,
  now: readonly (readonly [string, number | null])[],
): ReadonlyMap<string, readonly (number | null)[]> =>
  new Map(now.map(([key, value]) => [key, [...(before.get(key) ?? []), value].slice(-MAX_SAMPLES)]));

/** What is known, shown or not: a page in the background draws nothing, and goes on as if it had. */
let latest: {
  readonly snapshot: Snapshot | null;
  readonly roundTrips: ReadonlyMap<string, readonly (number | null)[]>;
  readonly relayRoundTrips: ReadonlyMap<string, readonly (number | null)[]>;
} = { snapshot: null, roundTrips: new Map(), relayRoundTrips: new Map() };

/** Draws what is known, at once. */
const show = (): void => {
  if (document.visibilityState === 'hidden') return;
  batch(() => {
    nowMs.value = Date.now();
    snapshot.value = latest.snapshot;
    standings.value = standingsOf(latest.snapshot, standings.value);
    roundTrips.value = latest.roundTrips;
    relayRoundTrips.value = latest.relayRoundTrips;
  });
};

/** Draws again what a page in the background has not drawn, as soon as it is looked at. */
export const showWhenLookedAt = (): void => document.addEventListener('visibilitychange', show);

/** The first snapshot is shown at once, later ones with the next sample: one drawing a second. */
export const noteSnapshot = (noted: Snapshot): void => {
  const isFirst = latest.snapshot === null;
  latest = { ...latest, snapshot: noted };
  if (isFirst) sample();
};

/** Once a second: a line goes on also while nothing changes. */
export const sample = (): void => {
  const { status } = latest.snapshot ?? {};
  latest = {
    snapshot: latest.snapshot,
    roundTrips: withSamples(
      latest.roundTrips,
      (status?.peers ?? []).map(({ id, state, rttMs }) => [id, state === 'connected' ? rttMs : null]),
    ),
    relayRoundTrips: withSamples(
      latest.relayRoundTrips,
      (status?.relays ?? []).map(({ url, state, rttMs }) => [url, state === 'connected' ? rttMs : null]),
    ),
  };
  show();
};

export const tell = (event: ToldEvent): void => {
  events.value = [...events.value, event].slice(-MAX_EVENTS);
};
