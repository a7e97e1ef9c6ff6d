import type {
  BlockedDevice,
  DeviceId,
  InboxMessage,
  JournalEntry,
  OutboxMessage,
  PeerDevice,
  RelayToken,
  SettingValue,
  StoredIdentity,
  StoredPresence,
  TimelineRecord,
} from '@bowline/contracts';

/** What a device has on a disk in memory. It outlives every store that is opened on it. */
export interface MemoryDisk {
  identity: StoredIdentity;
  /** In the order they were paired. */
  readonly devices: Map<DeviceId, PeerDevice>;
  readonly blocked: Map<DeviceId, BlockedDevice>;
  readonly tokens: Map<DeviceId, readonly RelayToken[]>;
  readonly presences: Map<DeviceId, StoredPresence>;
  readonly facts: Map<DeviceId, { readonly atMs: number; readonly facts: unknown }>;
  readonly settings: Map<string, SettingValue>;
  readonly inbox: Map<number, InboxMessage>;
  readonly outbox: Map<number, OutboxMessage>;
  /** The names of kept messages that came, oldest first. */
  readonly receivedIds: Map<DeviceId, Set<string>>;
  readonly journal: JournalEntry[];
  timeline: TimelineRecord[];
  lastRunAtMs: number | null;
  /** The last position given in each of them; none is given twice. */
  readonly lastPosition: { inbox: number; outbox: number; journal: number };
}

/** A disk on which there is nothing yet but who the device is. */
export const emptyMemoryDisk = (identity: StoredIdentity): MemoryDisk => ({
  identity,
  devices: new Map(),
  blocked: new Map(),
  tokens: new Map(),
  presences: new Map(),
  facts: new Map(),
  settings: new Map(),
  inbox: new Map(),
  outbox: new Map(),
  receivedIds: new Map(),
  journal: [],
  timeline: [],
  lastRunAtMs: null,
  lastPosition: { inbox: 0, outbox: 0, journal: 0 },
});
