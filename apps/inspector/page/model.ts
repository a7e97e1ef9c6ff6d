import type { DeviceReport, HostEvent, HostStatus, PeerDevice, TrafficReport } from '@bowline/contracts';
import { batch, computed, signal } from '@preact/signals';
import { type Samples, sampleHistory } from './sample-history.ts';

/** What the server sends: all of it at first, and then each part when it has changed. */
export interface Snapshot {
  readonly status: HostStatus;
  readonly traffic: TrafficReport | null;
  readonly devices: readonly PeerDevice[];
  /** What begins a command for this device; `null`: none does. */
  readonly command: string | null;
}

export type ToldEvent = HostEvent & { readonly atMs: number };

/** `closed`: no session, or it is over. `lost`: the device does not answer; it is tried again. */
export type Connection = 'opening' | 'open' | 'lost' | 'closed';

/** Events kept for the log; older ones are in the device's journal. */
const MAX_EVENTS = 500;

export const connection = signal<Connection>('opening');
export const closedBecause = signal('');
/** What the device said when it did not let this page listen; empty: nothing. */
export const lostBecause = signal('');
/** Whether something happened between two streams that this page cannot know of. */
export const isSomethingMissing = signal(false);
export const session = signal<string | null>(null);
export const snapshot = signal<Snapshot | null>(null);
export const events = signal<readonly ToldEvent[]>([]);
/** How many samples were taken when it was last drawn: who shows some follows it. */
const drawnSamples = signal(0);
let takenSamples = 0;
let sampledAtMs = 0;
const deviceSamples = sampleHistory();
const relaySamples = sampleHistory();
export const nowMs = signal(Date.now());

/** When this page was opened. */
export const openedAtMs = Date.now();

/** Name of this device; `null` while nothing is known. */
export const ownName = computed(() => snapshot.value?.status.device.name ?? null);

/** The ids of the devices, in their order: drawn anew only when one comes or goes. */
const joinedIds = computed(() => (snapshot.value?.status.peers ?? []).map(({ id }) => id).join(' '));
export const peerIds = computed(() => joinedIds.value.split(' ').filter((id) => id !== ''));

export const relays = computed(() => snapshot.value?.status.relays ?? []);

/** Round trips of a device in the last two minutes, milliseconds, oldest first; `null` while it was not connected. */
export const roundTripsOf = (id: string): Samples => (drawnSamples.value > 0 ? deviceSamples.of(id) : []);

/** The same of a relay, by URL. */
export const relayRoundTripsOf = (url: string): Samples => (drawnSamples.value > 0 ? relaySamples.of(url) : []);

/** How a device stands, without what is measured every second. */
export type Standing = Omit<DeviceReport, 'bytes' | 'rttMs' | 'tcp' | 'tcpAbsence'>;

/** How each device stands, by id. What has not changed is the same object as before, so that who shows it draws nothing. */
export const standings = signal<ReadonlyMap<string, Standing>>(new Map());

const standingsOf = (noted: Snapshot | null, before: ReadonlyMap<string, Standing>): ReadonlyMap<string, Standing> =>
  new Map(
    (noted?.status.peers ?? []).map(({ bytes, rttMs, tcp, tcpAbsence, ...standing }) => {
      const known = before.get(standing.id);
      return [standing.id, known !== undefined && isSameStanding(known, standing) ? known : standing];
    }),
  );

const isSameStanding = (one: Standing, other: Standing): boolean =>
  (Object.keys(other) as (keyof Standing)[]).every(
    (field) => one[field] === other[field] || JSON.stringify(one[field]) === JSON.stringify(other[field]),
  );

const peersById = computed(
  () => new Map((snapshot.value?.status.peers ?? []).map((peer) => [peer.id as string, peer])),
);

const trafficByEndpoint = computed(
  () => new Map((snapshot.value?.traffic?.peers ?? []).map((peer) => [peer.endpointId as string, peer])),
);

/** What goes over TCP to a device, or why nothing does. */
export const tcpOf = (id: string): Pick<DeviceReport, 'tcp' | 'tcpAbsence'> =>
  peersById.value.get(id) ?? { tcp: null, tcpAbsence: null };

/** What went to and from a device since this one started; `null` of one that is not known. */
export const bytesOf = (id: string): DeviceReport['bytes'] | null => peersById.value.get(id)?.bytes ?? null;

/** When this device began to count bytes; `null` while no device is paired. */
export const countingSinceMs = computed(() => snapshot.value?.status.peers[0]?.bytes.sinceMs ?? null);

/** What a device may take through relays in a day, bytes; `null`: no limit. */
export const dayLimit = computed(() => snapshot.value?.traffic?.budget?.peerBytesPerDay ?? null);

/** What went through relays for a device; `undefined` where nothing did. */
export const trafficOf = (endpointId: string): TrafficReport['peers'][number] | undefined =>
  trafficByEndpoint.value.get(endpointId);

/** What is known, shown or not: a page in the background draws nothing, and goes on as if it had. */
let latest: Snapshot | null = null;

/** Draws what is known, at once. */
const show = (): void => {
  if (document.visibilityState === 'hidden') return;
  batch(() => {
    nowMs.value = Date.now();
    if (snapshot.value !== latest) standings.value = standingsOf(latest, standings.value);
    snapshot.value = latest;
    drawnSamples.value = takenSamples;
  });
};

/** Draws again what a page in the background has not drawn, as soon as it is looked at. */
export const showWhenLookedAt = (): void => document.addEventListener('visibilitychange', show);

/** The first snapshot is shown at once, later ones with the next sample: one drawing a second. */
export const noteSnapshot = (changed: Partial<Snapshot>): void => {
  const isFirst = latest === null;
  // The first one that the server sends on a stream is whole.
  latest = { ...latest, ...changed } as Snapshot;
  if (isFirst) sample();
};

/** Between two samples, milliseconds. */
export const SAMPLE_MS = 1_000;

/** Once a second: a line goes on also while nothing changes. In the background a browser lets it be done once a minute. */
export const sample = (): void => {
  const sinceMs = performance.now() - sampledAtMs;
  const missed = takenSamples === 0 ? 0 : Math.max(0, Math.round(sinceMs / SAMPLE_MS) - 1);
  sampledAtMs += sinceMs;
  const { peers = [], relays: known = [] } = latest?.status ?? {};
  takenSamples += 1;
  deviceSamples.take(
    peers.map(({ id, state, rttMs }) => [id, state === 'connected' ? rttMs : null]),
    missed,
  );
  relaySamples.take(
    known.map(({ url, state, rttMs }) => [url, state === 'connected' ? rttMs : null]),
    missed,
  );
  show();
};

export const tell = (event: ToldEvent): void => {
  events.value = [...events.value, event].slice(-MAX_EVENTS);
};
