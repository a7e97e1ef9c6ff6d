import type {
  ConnectionPath,
  DeviceId,
  DevicePermissions,
  DeviceReport,
  DeviceSummary,
  HostEvent,
  HostStatus,
  JournalEntry,
  PeerDevice,
  RelayReport,
  Reliability,
  ServedReport,
  TimelineEntry,
} from '@bowline/contracts';

/** A round trip as it is printed: hundredths of a millisecond. */
export const roundedMs = (value: number | null): number | null =>
  value === null ? null : Math.round(value * 100) / 100;

/** What happened to a device once, as `timeline` prints it. */
export const timelineJson = ({ atMs, kind, path, relay, cause, durationMs }: TimelineEntry) => ({
  event: 'timeline',
  atMs,
  kind,
  path,
  relay,
  cause,
  durationMs,
});

/** How well it was connected. */
export const reliabilityJson = ({ observedMs, ...figures }: Reliability) => ({
  event: 'reliability',
  ...figures,
  observedMs,
});

/** A path as everything prints it: by its kind, with what is known of it beside it. */
export const pathJson = (path: ConnectionPath | null) => ({
  path: path?.kind ?? null,
  remoteAddress: path?.remoteAddress ?? null,
  rttMs: roundedMs(path?.rttMs ?? null),
});

const relayJson = (relay: RelayReport) => ({ ...relay, rttMs: roundedMs(relay.rttMs) });

export const relaysJson = (relays: readonly RelayReport[]) => relays.map(relayJson);

/** The status of a device with every time in milliseconds. */
export const statusJson = ({ device, relays, homeReason, network, store, inbox, peers, workers }: HostStatus) => ({
  event: 'status',
  device,
  relays: relaysJson(relays),
  homeReason,
  network: {
    families: network.families,
    observed: network.observed.map(({ address, by, atMs }) => ({ address, by, seenAtMs: atMs })),
    nat: network.nat,
    addressDiscovery: network.addressDiscovery,
    mdns: network.mdns,
    openedPort: network.openedPort,
    tcp: network.tcp,
  },
  store,
  inbox,
  peers: peers.map(({ sinceMs, rttMs, bytes: { sinceMs: countedSinceMs, ...bytes }, ...peer }) => ({
    ...peer,
    rttMs: roundedMs(rttMs),
    bytes: { sinceAtMs: countedSinceMs, ...bytes },
    sinceAtMs: sinceMs,
  })),
  workers,
});

/**
 * When a device was last heard: now while it is connected; when it went, if it went since this start; else when it was last
 * known to be there.
 */
export const lastHeardAtMs = (
  { lastSeenAtMs }: Pick<PeerDevice, 'lastSeenAtMs'>,
  report: Pick<DeviceReport, 'state' | 'sinceMs'> | undefined,
  nowMs: number,
): number | null => {
  if (report?.state === 'connected') return nowMs;
  const wentAtMs = report?.sinceMs ?? null;
  // A dial under way began later than the device was heard.
  if (wentAtMs === null || report?.state !== 'offline') return lastSeenAtMs;
  return Math.max(wentAtMs, lastSeenAtMs ?? wentAtMs);
};

/** What a device may do, with what nobody has said. */
export const permissionsOf = ({ permissions }: Pick<PeerDevice, 'permissions'>): Required<DevicePermissions> => ({
  relay: permissions?.relay ?? 'allow',
});

/** What is served to a device, by name. */
export const servicesFor = (id: DeviceId, served: readonly ServedReport[]): readonly string[] =>
  served.filter(({ to }) => to === 'paired' || to.includes(id)).map(({ name }) => name);

const messageBytes = ({ text, bytes }: Extract<HostEvent, { event: 'message.received' }>): number =>
  bytes?.length ?? Buffer.byteLength(text ?? '');

type TimedEvent = HostEvent & { readonly atMs: number };

/** An event as `events --follow` prints it, and `events` prints it again from the journal. */
export const eventJson = (told: TimedEvent): Readonly<Record<string, unknown>> => {
  switch (told.event) {
    case 'device.connected':
    case 'device.pathChanged': {
      const { path, ...others } = told;
      return { ...others, ...pathJson(path) };
    }
    case 'message.received': {
      const { from, fromName, bytes, ...others } = told;
      const bytesBase64 = bytes === null ? null : Buffer.from(bytes).toString('base64');
      return { ...others, deviceId: from, name: fromName, bytesBase64, sizeBytes: messageBytes(told) };
    }
    case 'pairing.completed': {
      const { event, atMs, role, device, isRenewed, via, path } = told;
      return { event, atMs, role, device, isRenewed, via, path };
    }
    default:
      return { ...told };
  }
};

const deviceJson = (id: DeviceId | null, known: readonly DeviceSummary[]) => {
  const device = known.find((each) => each.id === id);
  return { id, endpointId: device?.endpointId ?? null, name: device?.name ?? null };
};

/** A journal entry in the shape of the event it came from, with its place in the journal. */
export const journalJson = (
  { event, deviceId, atMs, position, data }: JournalEntry,
  known: readonly DeviceSummary[],
): Readonly<Record<string, unknown>> => {
  const device = deviceJson(deviceId, known);
  const about = event === 'pairing.completed' ? { device } : { deviceId, name: device.name };
  return { event, atMs, ...about, ...data, position };
};
