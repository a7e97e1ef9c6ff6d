import type { DeviceId, HostEvent, PathKind, RelayUrl, TimelineEntry, TimelineRecord } from '@bowline/contracts';

/** Longest cause that is kept, characters, as the store has it. */
const MAX_CAUSE_CHARACTERS = 200;

/** How a device stands by the last line that says so. */
export interface Standing {
  readonly sinceMs: number;
  readonly path: PathKind | null;
}

/** What lines of the timeline need beside the event. */
export interface LineContext {
  readonly nowMs: number;
  /** The relay a device was reached through last. */
  readonly relayOf: (deviceId: DeviceId) => RelayUrl | null;
  /** `undefined` before the first line of this run. */
  readonly standingOf: (deviceId: DeviceId) => Standing | undefined;
}

const EMPTY = { path: null, relay: null, cause: null, durationMs: null } as const;

/** The line of the timeline that a host event makes; `null`: none. Pure. */
export const timelineRecordOf = (
  told: HostEvent,
  { nowMs, relayOf, standingOf }: LineContext,
): TimelineRecord | null => {
  const line = (
    deviceId: DeviceId | null,
    fields: Partial<TimelineEntry> & Pick<TimelineEntry, 'kind'>,
  ): TimelineRecord => ({
    ...EMPTY,
    ...fields,
    cause: fields.cause?.slice(0, MAX_CAUSE_CHARACTERS) ?? null,
    deviceId,
    atMs: nowMs,
  });
  const lastedMs = (deviceId: DeviceId): number | null => {
    const standing = standingOf(deviceId);
    return standing === undefined ? null : Math.max(0, nowMs - standing.sinceMs);
  };
  switch (told.event) {
    case 'pairing.completed':
      return line(told.device.id, { kind: 'device.paired', path: told.path, cause: told.via });
    case 'device.connected':
    case 'device.pathChanged': {
      const { deviceId } = told;
      const path = told.path?.kind ?? null;
      const relay = path === 'relay' ? relayOf(deviceId) : null;
      const kind = told.event === 'device.connected' ? told.event : 'path.changed';
      const cause = kind === 'path.changed' ? changeOf(standingOf(deviceId)?.path ?? null, path) : null;
      return line(deviceId, { kind, path, relay, cause, durationMs: lastedMs(deviceId) });
    }
    case 'device.disconnected':
      return line(told.deviceId, { kind: told.event, cause: told.reason, durationMs: lastedMs(told.deviceId) });
    case 'device.routeChanged':
      return line(told.deviceId, { kind: 'route.changed', relay: told.relayUrl, cause: told.reason });
    case 'device.renamed':
      return line(told.deviceId, { kind: told.event });
    case 'relay.homeChanged':
      // Those standing by changed, and nothing that carries anything.
      if (told.homeRelayUrl === told.previous) return null;
      return line(null, { kind: 'route.changed', relay: told.homeRelayUrl, cause: told.reason });
    case 'relay.budgetCrossed':
      return line(told.deviceId, { kind: 'budget.crossed', cause: told.level });
    case 'network.changed':
      return line(null, { kind: told.event, cause: told.cause });
    case 'worker.stateChanged':
      if (told.state !== 'crashed') return null;
      return line(null, { kind: 'worker.restarted', cause: `${told.name} ${told.failure?.code ?? ''}`.trim() });
    default:
      return null;
  }
};

/** How a device stands after an event; `null`: the event says nothing of it. */
export const standingAfter = (told: HostEvent, nowMs: number): { deviceId: DeviceId; standing: Standing } | null => {
  switch (told.event) {
    case 'device.connected':
    case 'device.pathChanged':
      return { deviceId: told.deviceId, standing: { sinceMs: nowMs, path: told.path?.kind ?? null } };
    case 'device.disconnected':
      return { deviceId: told.deviceId, standing: { sinceMs: nowMs, path: null } };
    default:
      return null;
  }
};

const changeOf = (before: PathKind | null, after: PathKind | null): string => {
  if (before === after) return 'anotherAddress';
  if (before === null) return 'pathKnown';
  return after === 'direct' ? 'upgradedToDirect' : 'downgradedToRelay';
};
