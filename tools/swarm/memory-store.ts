import {
  type Actor,
  type ActorComponents,
  BowlineError,
  type DeviceId,
  type DeviceUpdate,
  deviceIdOf,
  type InboxMessage,
  type KnownAddress,
  MAX_DIRECT_ADDRESSES,
  type MessagePosition,
  type MessageUsage,
  type OutboxMessage,
  type PeerDevice,
  type PersistenceChannel,
  type RelayToken,
  type SettingValue,
  type StoredIdentity,
  type StoredPresence,
} from '@bowline/contracts';

/** What one device has on disk. It outlives every run. */
export interface Disk {
  identity: StoredIdentity;
  readonly devices: Map<DeviceId, PeerDevice>;
  readonly tokens: Map<DeviceId, readonly RelayToken[]>;
  readonly presences: Map<DeviceId, StoredPresence>;
  readonly facts: Map<DeviceId, { readonly atMs: number; readonly facts: unknown }>;
  readonly settings: Map<string, SettingValue>;
  readonly inbox: Map<number, InboxMessage>;
  readonly outbox: Map<number, OutboxMessage>;
  readonly receivedIds: Map<DeviceId, Set<string>>;
  lastPosition: number;
}

/** Hears of what the disk takes for good. */
export interface DiskWatcher {
  readonly onStored: (from: DeviceId, payload: Uint8Array) => void;
  /** A message that was kept until it was delivered is kept no more. */
  readonly onReleased: (payload: Uint8Array) => void;
}

/** As the store's own defaults. */
const MAX_INBOX_COUNT = 10_000;

export const emptyDisk = (identity: StoredIdentity): Disk => ({
  identity,
  devices: new Map(),
  tokens: new Map(),
  presences: new Map(),
  facts: new Map(),
  settings: new Map(),
  inbox: new Map(),
  outbox: new Map(),
  receivedIds: new Map(),
  lastPosition: 0,
});

/**
 * The store's channel over a disk in memory: what was answered is kept, whatever dies afterwards.
 *
 * Long because it answers the whole of the channel.
 */
export const memoryStore =
  (disk: Disk, { onStored, onReleased }: DiskWatcher) =>
  ({ clock, random }: ActorComponents<PersistenceChannel>): Actor<PersistenceChannel> => {
    const require = (deviceId: DeviceId): PeerDevice => {
      const device = disk.devices.get(deviceId);
      if (device === undefined) throw new BowlineError({ code: 'DEVICE_UNKNOWN', message: 'No such device.' });
      return device;
    };
    const change = (deviceId: DeviceId, changes: Partial<PeerDevice>): PeerDevice => {
      const changed = { ...require(deviceId), ...changes };
      disk.devices.set(deviceId, changed);
      return changed;
    };
    const update = ({ deviceId, relayInfo, directAddresses, incarnation, lastSeenAtMs }: DeviceUpdate): void => {
      const device = disk.devices.get(deviceId);
      if (device === undefined) return;
      change(deviceId, {
        ...(relayInfo === undefined ? {} : { relayInfo }),
        ...(directAddresses === undefined ? {} : { directAddresses: merged(device.directAddresses, directAddresses) }),
        incarnation: Math.max(device.incarnation, incarnation ?? 0),
        lastSeenAtMs: lastSeenAtMs ?? device.lastSeenAtMs,
      });
    };
    const usageOf = (messages: ReadonlyMap<number, InboxMessage | OutboxMessage>, deviceId: DeviceId): MessageUsage => {
      const own = [...messages.values()].filter((message) => message.deviceId === deviceId);
      return { count: own.length, sizeBytes: own.reduce((sum, { payload }) => sum + payload.length, 0) };
    };
    const usages = (messages: ReadonlyMap<number, InboxMessage | OutboxMessage>) =>
      [...new Set([...messages.values()].map(({ deviceId }) => deviceId))].map((deviceId) => ({
        deviceId,
        ...usageOf(messages, deviceId),
      }));
    const nextPosition = (): number => {
      disk.lastPosition += 1;
      return disk.lastPosition;
    };
    const isRepeat = (deviceId: DeviceId, messageId: string | null): boolean => {
      if (messageId === null) return false;
      const known = disk.receivedIds.get(deviceId) ?? new Set();
      disk.receivedIds.set(deviceId, known);
      if (known.has(messageId)) return true;
      known.add(messageId);
      return false;
    };
    const pageOf = <M extends InboxMessage | OutboxMessage>(
      messages: ReadonlyMap<number, M>,
      { deviceId, afterPosition, limit }: { deviceId: DeviceId | null; afterPosition: number; limit: number },
    ): readonly M[] =>
      [...messages.values()]
        .filter((each) => (deviceId === null || each.deviceId === deviceId) && each.position > afterPosition)
        .slice(0, limit);

    return {
      start: async () => undefined,
      stop: async () => undefined,
      handlers: {
        openIdentity: () => {
          disk.identity = { ...disk.identity, incarnation: disk.identity.incarnation + 1 };
          return disk.identity;
        },
        raiseIncarnation: ({ above }) => {
          const incarnation = Math.max(disk.identity.incarnation, above) + 1;
          disk.identity = { ...disk.identity, incarnation };
          return { incarnation };
        },
        renameSelf: ({ name }) => {
          disk.identity = { ...disk.identity, name };
        },
        describeKey: () => ({ kind: 'file' }),
        listDevices: () => ({ devices: [...disk.devices.values()] }),
        addPending: ({ endpointId, name, platform }) => {
          const id = deviceIdOf(endpointId);
          if (disk.devices.get(id)?.pairingState === 'paired') {
            throw new BowlineError({ code: 'DEVICE_ALREADY_PAIRED', message: 'Paired already.' });
          }
          const device: PeerDevice = {
            id,
            endpointId,
            name,
            platform,
            pairingState: 'pending',
            pairedAtMs: clock.nowMs(),
            relayInfo: null,
            directAddresses: [],
            incarnation: 0,
            lastReceived: null,
            lastSeenAtMs: null,
          };
          disk.devices.set(id, device);
          return { device };
        },
        promote: ({ pairingId, ...input }) => {
          require(input.deviceId);
          update(input);
          const device = change(input.deviceId, {
            pairingState: 'paired',
            pairedAtMs: clock.nowMs(),
            ...(pairingId === undefined ? {} : { pairingId }),
          });
          return { device };
        },
        renew: ({ deviceId, platform, relayUrls, directAddresses, tokens, pairingId }) => {
          const known = require(deviceId).relayInfo?.relayUrls ?? [];
          const urls = relayUrls.length > 0 ? relayUrls : known;
          if (tokens.length > 0) disk.tokens.set(deviceId, tokens);
          const device = change(deviceId, {
            platform,
            pairedAtMs: clock.nowMs(),
            incarnation: 0,
            lastReceived: null,
            relayInfo: { homeRelayUrl: urls[0] ?? null, relayUrls: urls, revision: 0, incarnation: 0 },
            directAddresses,
            ...(pairingId === undefined ? {} : { pairingId }),
          });
          return { device };
        },
        removeDevice: ({ deviceId }) => {
          disk.devices.delete(deviceId);
          for (const kept of [disk.tokens, disk.presences, disk.facts, disk.receivedIds]) kept.delete(deviceId);
          for (const [position, message] of disk.outbox) {
            if (message.deviceId === deviceId) disk.outbox.delete(position);
          }
        },
        changeTrust: ({ deviceId, change: { note, comparedAtMs, ...rest } }) => {
          change(deviceId, {
            ...rest,
            ...(note === undefined || note === null ? {} : { note }),
            ...(comparedAtMs === undefined || comparedAtMs === null ? {} : { comparedAtMs }),
          });
        },
        listBlocked: () => ({ blocked: [] }),
        blockDevice: () => {
          throw new BowlineError({ code: 'STORE_LIMIT', message: 'Nobody is blocked in a swarm.' });
        },
        unblockDevice: () => ({ wasBlocked: false }),
        renameDevice: ({ deviceId, name }) => void change(deviceId, { name }),
        updateDevice: (input) => update(input),
        putRelayTokens: ({ deviceId, tokens }) => void disk.tokens.set(deviceId, tokens),
        listRelayTokens: () => ({
          peers: [...disk.tokens].flatMap(([deviceId, tokens]) => {
            const endpointId = disk.devices.get(deviceId)?.endpointId;
            return endpointId === undefined ? [] : [{ endpointId, tokens }];
          }),
        }),
        putPresence: (presence) => {
          if (disk.devices.has(presence.deviceId)) disk.presences.set(presence.deviceId, presence);
        },
        listPresence: () => ({ peers: [...disk.presences.values()] }),
        getSetting: ({ name }) => ({ value: disk.settings.get(name) }),
        putSetting: ({ name, value }) => void disk.settings.set(name, value),
        appendJournal: () => ({ position: nextPosition() }),
        receiveMessage: ({ deviceId, deviceName, atMs, received, messageId, payload }) => {
          if (usageOf(disk.inbox, deviceId).count >= MAX_INBOX_COUNT) {
            return { outcome: 'full', usage: usageOf(disk.inbox, deviceId) };
          }
          const isNews = isAhead(received, require(deviceId).lastReceived);
          if (isNews) change(deviceId, { lastReceived: received });
          if (!isNews || isRepeat(deviceId, messageId)) {
            return { outcome: 'repeat', usage: usageOf(disk.inbox, deviceId) };
          }
          const position = nextPosition();
          disk.inbox.set(position, { position, deviceId, deviceName, atMs, payload });
          onStored(deviceId, payload);
          return { outcome: 'stored', usage: usageOf(disk.inbox, deviceId) };
        },
        listInbox: (input) => ({ messages: pageOf(disk.inbox, input) }),
        takeMessages: ({ positions }) => ({
          taken: positions.flatMap((position) => {
            const message = disk.inbox.get(position);
            disk.inbox.delete(position);
            return message === undefined ? [] : [{ position, deviceId: message.deviceId }];
          }),
        }),
        keepMessage: ({ deviceId, atMs, payload }) => {
          require(deviceId);
          const position = nextPosition();
          const messageId = Buffer.from(random.bytes(16)).toString('hex');
          disk.outbox.set(position, { position, deviceId, messageId, atMs, payload });
          return { position, messageId, usage: usageOf(disk.outbox, deviceId) };
        },
        listOutbox: (input) => ({ messages: pageOf(disk.outbox, input) }),
        forgetKept: ({ positions }) => {
          for (const position of positions) {
            const message = disk.outbox.get(position);
            disk.outbox.delete(position);
            if (message !== undefined) onReleased(message.payload);
          }
        },
        appendTimeline: () => undefined,
        readTimeline: () => ({ entries: [] }),
        lastRun: () => ({ atMs: null }),
        putDeviceFacts: ({ deviceId, atMs, facts }) => {
          if (disk.devices.has(deviceId)) disk.facts.set(deviceId, { atMs, facts });
        },
        listDeviceFacts: () => ({
          facts: [...disk.facts].map(([deviceId, { atMs, facts }]) => ({ deviceId, atMs, facts })),
        }),
        messageUsage: () => ({ inbox: usages(disk.inbox), outbox: usages(disk.outbox) }),
        readJournal: () => ({ entries: [] }),
      },
    };
  };

const isAhead = (position: MessagePosition, known: MessagePosition | null): boolean =>
  known === null ||
  position.incarnation > known.incarnation ||
  (position.incarnation === known.incarnation && position.sequence > known.sequence);

/** Each with the latest time it was seen at, the newest kept. */
const merged = (known: readonly KnownAddress[], told: readonly KnownAddress[]): readonly KnownAddress[] => {
  const seen = new Map(known.map((each) => [each.address, each.seenAtMs]));
  for (const { address, seenAtMs } of told) seen.set(address, Math.max(seenAtMs, seen.get(address) ?? 0));
  return [...seen]
    .map(([address, seenAtMs]) => ({ address, seenAtMs }))
    .toSorted((one, other) => other.seenAtMs - one.seenAtMs)
    .slice(0, MAX_DIRECT_ADDRESSES);
};
