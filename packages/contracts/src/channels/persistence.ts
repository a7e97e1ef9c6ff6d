import type { RelayInfo, RelayToken } from '../addresses.ts';
import { defineChannel, event, request } from '../channel-definition.ts';
import type {
  BlockedDevice,
  DeviceSummary,
  DeviceTrustChange,
  KnownAddress,
  MessagePosition,
  PeerDevice,
} from '../device.ts';
import type { DeviceId, EndpointId, PresenceKey, RelayUrl } from '../ids.ts';
import type { TimelineEntry, TimelineRecord } from '../timeline.ts';

/** This device as the store holds it. `secretKey` is a secret: 32 bytes, the Ed25519 seed of the endpoint. */
export interface StoredIdentity extends DeviceSummary {
  readonly secretKey: Uint8Array;
  /** Grows by one with every `openIdentity`, and is on disk before the answer. */
  readonly incarnation: number;
}

/** One line of the journal: what happened, told by the host, kept across restarts. */
export interface JournalEntry {
  /** Grows by one; never reused. */
  readonly position: number;
  readonly atMs: number;
  /** Dotted past fact, e.g. `message.received`. */
  readonly event: string;
  /** The device it is about, where it is about one. */
  readonly deviceId: DeviceId | null;
  /** Plain JSON values; never a secret. */
  readonly data: Readonly<Record<string, unknown>>;
}

/** What a journal entry says, before it is stored. */
export interface JournalNote {
  /** Dotted past fact, e.g. `message.received`. */
  readonly event: string;
  /** Plain JSON values; never a secret. */
  readonly data: Readonly<Record<string, unknown>>;
}

/** A message that was delivered and not yet taken. */
export interface InboxMessage {
  /** Grows by one with every message of any device; never reused. */
  readonly position: number;
  readonly deviceId: DeviceId;
  /** What the sender was called here when the message came. */
  readonly deviceName: string;
  readonly atMs: number;
  readonly payload: Uint8Array;
}

/** A message that this device keeps until it is delivered. */
export interface OutboxMessage {
  /** Grows by one with every message to any device; never reused. */
  readonly position: number;
  readonly deviceId: DeviceId;
  /** 32 hexadecimal digits, random: by it the receiver knows a repeat, whatever number it travels under. */
  readonly messageId: string;
  readonly atMs: number;
  readonly payload: Uint8Array;
}

/** How much waits for, or of, one device. */
export interface MessageUsage {
  readonly count: number;
  readonly sizeBytes: number;
}

/** What keeps the store from storing. Whatever was asked for meanwhile was refused, and undone as a whole. */
export interface StoreProblem {
  /** `STORE_FULL` or `STORE_INACCESSIBLE`. */
  readonly code: string;
  readonly file: string;
  /** What happened and what to do, for a person. */
  readonly reason: string;
}

/** How the key of the store is kept: in the keychain, under a passphrase, in a file beside it, or under a key of the app. */
export type StoreKeyKind = 'keychain' | 'passphrase' | 'file' | 'app';

/** Settings a person changed, by name; values are plain JSON. */
export type SettingValue =
  | string
  | number
  | boolean
  | null
  | readonly SettingValue[]
  | { readonly [key: string]: SettingValue };

/** By what a paired device is known on the local network, and knows this one. */
export interface StoredPresence {
  readonly deviceId: DeviceId;
  /** What it told, a secret; `null`: it has told none. */
  readonly presenceKey: PresenceKey | null;
  /** Whether it was ever told a key of this device. */
  readonly isTold: boolean;
}

/** What was learnt of a peer; what is left out stays as it is stored. */
export interface DeviceUpdate {
  readonly deviceId: DeviceId;
  readonly relayInfo?: RelayInfo;
  readonly directAddresses?: readonly KnownAddress[];
  readonly incarnation?: number;
  readonly lastSeenAtMs?: number;
}

/**
 * Asked of the one owner of the database. Every request is durable when it resolves: committed and synced.
 *
 * Damage is an error that names the file, what is safe and the remedy (`STORE_DAMAGED`, `STORE_WENT_BACK`,
 * `STORE_KEY_MISSING`, `STORE_KEY_MISMATCH`, `STORE_NEWER`, `STORE_FULL`, `STORE_LOCKED`); identity is never silently renewed and devices are never dropped.
 *
 * Long because one database has one owner, and this is all that is asked of it.
 */
export const persistenceChannel = defineChannel({
  name: 'persistence',
  version: 2,
  requests: {
    /** Reads this device's identity, making it at the very first call with `defaultName`, and raises the incarnation. */
    openIdentity: request<{ readonly defaultName: string }, StoredIdentity>(),
    /** Raises the incarnation above a count that this device has reached and forgotten. */
    raiseIncarnation: request<{ readonly above: number }, { readonly incarnation: number }>(),
    renameSelf: request<{ readonly name: string }, void>(),
    describeKey: request<Record<string, never>, { readonly kind: StoreKeyKind }>(),
    /** All peer devices, pending ones included, in the order they were paired. */
    listDevices: request<Record<string, never>, { readonly devices: readonly PeerDevice[] }>(),
    /**
     * Stores a peer as `pending`, in place of a pending record of the same endpoint. Rejects with `DEVICE_ALREADY_PAIRED`
     * when it is paired, and with `DEVICE_BLOCKED`.
     */
    addPending: request<
      { readonly endpointId: EndpointId; readonly name: string; readonly platform: string },
      { readonly device: PeerDevice }
    >(),
    /** Turns `pending` into `paired`, which a paired one stays, and records what was learnt of it, in one step. Rejects with `DEVICE_UNKNOWN`. */
    promote: request<DeviceUpdate & { readonly pairingId?: string }, { readonly device: PeerDevice }>(),
    /**
     * Pairs a paired device anew, all at once: its counters start from the beginning, direct addresses and, where they are
     * given, relays and tokens are replaced. The name its owner gave it stays, and so does the journal. Rejects with
     * `DEVICE_UNKNOWN` when there is no paired one.
     */
    renew: request<
      {
        readonly deviceId: DeviceId;
        readonly platform: string;
        readonly relayUrls: readonly RelayUrl[];
        readonly directAddresses: readonly KnownAddress[];
        readonly tokens: readonly RelayToken[];
        readonly pairingId?: string;
      },
      { readonly device: PeerDevice }
    >(),
    /** Removes a device and all that is known of it. Unknown ids are ignored. */
    removeDevice: request<{ readonly deviceId: DeviceId }, void>(),
    /** Records what a person decided or noted. Rejects with `DEVICE_UNKNOWN`. */
    changeTrust: request<{ readonly deviceId: DeviceId; readonly change: DeviceTrustChange }, void>(),
    /** Who is kept out, in the order they were blocked. */
    listBlocked: request<Record<string, never>, { readonly blocked: readonly BlockedDevice[] }>(),
    /**
     * Keeps an endpoint out, and forgets the device if it is one, in one step; works on a full disk. It stays blocked
     * whatever becomes of the database. Rejects with `STORE_LIMIT`.
     */
    blockDevice: request<{ readonly endpointId: EndpointId }, { readonly blocked: BlockedDevice }>(),
    /** Keeps it out no more; answers whether it was. */
    unblockDevice: request<{ readonly deviceId: DeviceId }, { readonly wasBlocked: boolean }>(),
    renameDevice: request<{ readonly deviceId: DeviceId; readonly name: string }, void>(),
    /** Records what was learnt of a peer. Unknown ids are ignored: the device may just have been removed. */
    updateDevice: request<DeviceUpdate, void>(),
    /**
     * Keeps tokens for relays of a peer, sealed, in place of those kept before; they go with the device. At most 8, of at
     * most 4,096 characters. Unknown ids are ignored.
     */
    putRelayTokens: request<{ readonly deviceId: DeviceId; readonly tokens: readonly RelayToken[] }, void>(),
    /** The tokens kept, by the peer that shared them. */
    listRelayTokens: request<
      Record<string, never>,
      { readonly peers: readonly { readonly endpointId: EndpointId; readonly tokens: readonly RelayToken[] }[] }
    >(),
    /** Keeps by what a device is known on the local network, sealed, in place of what was kept before. Unknown ids are ignored. */
    putPresence: request<StoredPresence, void>(),
    listPresence: request<Record<string, never>, { readonly peers: readonly StoredPresence[] }>(),
    getSetting: request<{ readonly name: string }, { readonly value: SettingValue | undefined }>(),
    putSetting: request<{ readonly name: string; readonly value: SettingValue }, void>(),
    /** Adds to the journal. */
    appendJournal: request<
      JournalNote & { readonly atMs: number; readonly deviceId: DeviceId | null },
      { readonly position: number }
    >(),
    /**
     * Stores a message that came, and moves the device's `lastReceived`, in one transaction. `full`: the inbox of this
     * device holds as much as it may; nothing was changed, and the message must not be acknowledged. `repeat`: it was
     * stored before. With `into: 'journal'` it goes to the journal alone and counts as taken. `note` is journaled either
     * way. Rejects with `DEVICE_UNKNOWN`, `STORE_FULL`.
     */
    receiveMessage: request<
      {
        readonly deviceId: DeviceId;
        readonly deviceName: string;
        readonly atMs: number;
        readonly received: MessagePosition;
        /** The sender's name for a message it keeps; `null` for one that ends with its sender. */
        readonly messageId: string | null;
        readonly payload: Uint8Array;
        readonly into: 'inbox' | 'journal';
        readonly note: JournalNote;
      },
      { readonly outcome: 'stored' | 'repeat' | 'full'; readonly usage: MessageUsage }
    >(),
    /** Messages not yet taken after a position, oldest first, of one device or (`null`) of all; in pages as `readJournal`. */
    listInbox: request<
      { readonly deviceId: DeviceId | null; readonly afterPosition: number; readonly limit: number },
      { readonly messages: readonly InboxMessage[] }
    >(),
    /** Takes messages: they are not delivered again. Positions that are gone are ignored. */
    takeMessages: request<
      { readonly positions: readonly number[] },
      { readonly taken: readonly { readonly position: number; readonly deviceId: DeviceId }[] }
    >(),
    /** Keeps a message to a paired device until it is delivered. Rejects with `OUTBOX_FULL`, `DEVICE_UNKNOWN`. */
    keepMessage: request<
      { readonly deviceId: DeviceId; readonly atMs: number; readonly payload: Uint8Array },
      { readonly position: number; readonly messageId: string; readonly usage: MessageUsage }
    >(),
    /** Messages kept for one device after a position, oldest first; in pages as `readJournal`. */
    listOutbox: request<
      { readonly deviceId: DeviceId; readonly afterPosition: number; readonly limit: number },
      { readonly messages: readonly OutboxMessage[] }
    >(),
    /** They were delivered. Positions that are gone are ignored. */
    forgetKept: request<{ readonly positions: readonly number[] }, void>(),
    /**
     * Adds lines to the timelines of devices and of this one, oldest first, at most 1,000, and notes that this device runs at
     * `atMs`. Kept are a bounded number for each, and none that is too old. Lines of devices that are not stored are ignored.
     */
    appendTimeline: request<{ readonly records: readonly TimelineRecord[]; readonly atMs: number }, void>(),
    /**
     * What happened to a device, and to this one, since then, oldest first; before it the lines that tell how things stood
     * then. The newest 10,000.
     */
    readTimeline: request<
      { readonly deviceId: DeviceId; readonly sinceMs: number },
      { readonly entries: readonly TimelineEntry[] }
    >(),
    /** When this device was last known to run, by the last `appendTimeline`; `null`: never. */
    lastRun: request<Record<string, never>, { readonly atMs: number | null }>(),
    /** Keeps what a device told of itself, in place of what was kept before; at most 16 KiB of JSON. Unknown ids are ignored. */
    putDeviceFacts: request<
      { readonly deviceId: DeviceId; readonly atMs: number; readonly facts: Readonly<Record<string, unknown>> },
      void
    >(),
    /** What was kept, with when it was told; to be parsed by whoever reads it. */
    listDeviceFacts: request<
      Record<string, never>,
      { readonly facts: readonly { readonly deviceId: DeviceId; readonly atMs: number; readonly facts: unknown }[] }
    >(),
    /** What waits to be taken, and what waits to be sent, for each device that has any. */
    messageUsage: request<
      Record<string, never>,
      {
        readonly inbox: readonly ({ readonly deviceId: DeviceId } & MessageUsage)[];
        readonly outbox: readonly ({ readonly deviceId: DeviceId } & MessageUsage)[];
      }
    >(),
    /**
     * Entries after `afterPosition`, oldest first, at most `limit` (1 to 1,000) and 4 MiB: a page of large entries is
     * shorter, and only an empty one is the end. With `afterPosition` -1: the newest ones.
     */
    readJournal: request<
      { readonly afterPosition: number; readonly limit: number },
      { readonly entries: readonly JournalEntry[] }
    >(),
  },
  events: {
    /** The disk refuses what is to be stored, or takes it again (`null`). */
    'store.problemChanged': event<{ readonly problem: StoreProblem | null }>(),
    /**
     * The journal was cut to a bound; entries of this owner up to this position are gone. Each device has a share, and
     * entries about pairing and removal have one of their own (`pairing`); the rest is `null`.
     */
    'journal.trimmed': event<{ readonly owner: DeviceId | 'pairing' | null; readonly upToPosition: number }>(),
  },
});

export type PersistenceChannel = typeof persistenceChannel;
