import type {
  BlockedDevice,
  Cancel,
  ConfirmationPolicy,
  ConnectionPath,
  DeviceCheck,
  DeviceDiagnosis,
  DeviceId,
  DevicePermissions,
  DeviceSummary,
  DeviceTimeline,
  EndpointId,
  HostEvent,
  HostEventName,
  HostStatus,
  JournalEntry,
  MachinesReport,
  MachineTransition,
  PairingSessionId,
  PeerDevice,
  PushProgress,
  PushResult,
  ReceivingReport,
  RelayAnswer,
  RelayBudget,
  RelayChoice,
  RelayUrl,
  ServedOffer,
  ServiceStreamStatus,
  Startable,
  TrafficReport,
} from '@bowline/contracts';
import type { Inspector, InspectorOptions } from '@bowline/inspector';
import type { MessageBody } from './message-body.ts';
import type { MessageHandler, ReceivedMessage } from './messages/message-handler.ts';
import type { PairingJoin, PairingOffer } from './pairing-handles.ts';
import type { ReceiveOptions } from './push/receiving.ts';
import type { Device } from './services/device-handle.ts';
import type { ServedService, ServeOptions } from './services/served-services.ts';
import type { ServiceTarget } from './services/service-handler.ts';
import type { KeptMessage } from './wiring/send-kept-messages.ts';

export interface PairOptions {
  /** How long the code can be used, milliseconds, 1,000 to 3,600,000. @defaultValue 300_000 */
  readonly ttlMs?: number;
  /** @defaultValue `'ask'` */
  readonly policy?: ConfirmationPolicy;
  /**
   * Whether the ticket carries the tokens of this device's own relays, so that the other device can log in there, now and
   * later. Whoever holds such a ticket holds the tokens, also after the code has expired. @defaultValue false
   */
  readonly shareRelayToken?: boolean;
  /** As in {@link JoinOptions}. @defaultValue false */
  readonly renew?: boolean;
  /**
   * UDP port, 1 to 65,535, at which the code is to be found beside the usual ways, for a joiner that is told the address of
   * this machine (its `at`): where there is no multicast, and no relay both know. Whoever connects there learns the
   * addresses of this machine's interfaces. `pair` rejects with `RENDEZVOUS_PORT_TAKEN` when it cannot be bound.
   * @defaultValue none
   */
  readonly rendezvousPort?: number;
}

export interface JoinOptions {
  /** @defaultValue `'accept'`: whoever typed the code has decided */
  readonly policy?: ConfirmationPolicy;
  /**
   * Whether a device that is paired already may be paired anew, keeping its id, the name it was given here and its
   * history. Otherwise the session fails with `ALREADY_PAIRED`. @defaultValue false
   */
  readonly renew?: boolean;
  /**
   * Where the other device is to be found beside the usual ways: `HOST:PORT`, of a device whose code is shown with that
   * `rendezvousPort`. HOST is a name or an address; IPv6 in brackets. @defaultValue not known
   */
  readonly at?: string;
  /** Names the session in events; chosen by the caller, fresh for each. @defaultValue a random one */
  readonly sessionId?: PairingSessionId;
  readonly signal?: AbortSignal;
}

export interface ExplainOptions {
  /**
   * Whether this device tries what it can by itself: asks over UDP where it is seen, asks the relays, dials. Takes up to
   * eleven seconds; the diagnosis is of how it stands afterwards. @defaultValue false
   */
  readonly tryRemedies?: boolean;
}

export interface SendOptions {
  /**
   * How long the other device may acknowledge nothing, milliseconds; many messages at once are not late while they arrive
   * one after the other. @defaultValue 30_000
   */
  readonly deadlineMs?: number;
  readonly signal?: AbortSignal;
}

/** By which the identities of two devices are compared. */
export interface SafetyNumber {
  /** Sixty digits, to be shown in groups of five. */
  readonly digits: string;
  /** Wall clock, milliseconds. */
  readonly comparedAtMs: number | null;
}

export interface PushOptions {
  readonly signal?: AbortSignal;
  /** Hears how far it is, often. */
  readonly onProgress?: (progress: PushProgress) => void;
}

/** A message that is kept here until it is delivered, also across restarts of either side. */
export interface KeepOptions {
  readonly persist: true;
}

/**
 * One device: everything an app needs to pair it with others and to stay connected.
 *
 * Started by the app, which must `stop` it; while it runs it owns its data directory. All methods but `start`, `stop`
 * and `on` throw `HOST_NOT_RUNNING` while it does not run.
 */
export interface Host extends Startable, AsyncDisposable {
  /** This device. */
  readonly self: DeviceSummary;
  /** Makes a code and waits for another device to join with it. */
  pair(options?: PairOptions): Promise<PairingOffer>;
  /** Joins another device with its words, ticket or ticket JSON. Rejects at once when the code cannot be right. */
  join(code: string, options?: JoinOptions): Promise<PairingJoin>;
  /** The paired devices, in the order they were paired. */
  devices(): readonly PeerDevice[];
  /** A paired device by id, the beginning of its id, or its name. @throws DEVICE_NOT_FOUND, DEVICE_AMBIGUOUS */
  findDevice(query: string): PeerDevice;
  /**
   * A paired device by id, the beginning of its id, or its name: its presence, its services and the streams to them.
   * @throws DEVICE_NOT_FOUND, DEVICE_AMBIGUOUS
   */
  device(query: string): Device;
  /**
   * Serves something to paired devices: a handler of streams, `{ answer }` for requests, a server of Node's `http`, or a
   * program that listens on a port or socket of this machine. Nothing is served unless said, and nobody may use it unless
   * said. It ends with `stop` of what it resolves to, or of the host.
   * @throws INVALID_OPTION, DEVICE_NOT_FOUND, DEVICE_AMBIGUOUS
   */
  serve(name: string, target: ServiceTarget, options: ServeOptions): Promise<ServedService>;
  /** What is served now. */
  served(): readonly ServedOffer[];
  /** Serves it no more, and keeps it no more; answers whether it was served or kept. */
  unserve(name: string): Promise<boolean>;
  /** The streams that are open to services, of either side. */
  streams(): Promise<readonly ServiceStreamStatus[]>;
  /** Sends text or bytes (at most 256 KiB) and resolves once the other device has them on disk; waits for it to come back until the deadline. */
  send(deviceId: DeviceId, body: MessageBody, options?: SendOptions): Promise<{ readonly elapsedMs: number }>;
  /** The same for a device that may be away for days: resolves once the message is on this disk, and `delivered` later. Rejects with `OUTBOX_FULL`. */
  send(deviceId: DeviceId, body: MessageBody, options: KeepOptions): Promise<KeptMessage>;
  /**
   * Pushes files and folders (absolute paths) into the folder that the other device has chosen, each verified by its hash
   * and none over a file that is there. It goes on after a change of path or network and a restart of the other device;
   * called again, it sends only what is not there yet.
   * @throws PUSH_UNREADABLE, PUSH_TOO_MANY, PUSH_STOPPED, PUSH_INCOMPLETE, and SERVICE_REFUSED from a device that receives nothing of this one
   */
  push(deviceId: DeviceId, paths: readonly string[], options?: PushOptions): Promise<PushResult>;
  /** Receives what is pushed, also after restarts, until `receiveOff`. Nothing is received before. @throws RECEIVING_FOLDER_UNUSABLE */
  receive(options: ReceiveOptions): Promise<ReceivingReport>;
  /** Receives nothing more; answers whether it did. What is not whole stays for a week. */
  receiveOff(): Promise<boolean>;
  /** What is received; `null` for nothing. */
  receiving(): ReceivingReport | null;
  /** Takes the messages that come; may be called before `start`. @throws MESSAGE_HANDLER_PRESENT */
  onMessage(handler: MessageHandler): Cancel;
  /** Messages not taken yet, after a position, oldest first, of one device or all; only an empty answer is the end. */
  messages(options?: {
    readonly deviceId?: DeviceId;
    readonly afterPosition?: number;
    readonly limit?: number;
  }): Promise<readonly ReceivedMessage[]>;
  /** Takes messages without a handler: they are not delivered again. Answers how many were still there. */
  takeMessages(positions: readonly number[]): Promise<number>;
  ping(deviceId: DeviceId): Promise<{ readonly rttMs: number; readonly path: ConnectionPath | null }>;
  /** Dials now instead of waiting for the next turn. */
  reconnect(deviceId: DeviceId): Promise<void>;
  rename(deviceId: DeviceId, name: string): Promise<void>;
  /**
   * Sixty digits by which the owners of two devices compare their identities, at any time: the same at both. `comparedAtMs`
   * says when they were last found equal; `null`: never. Rejects with DEVICE_NOT_FOUND.
   */
  safetyNumber(deviceId: DeviceId): Promise<SafetyNumber>;
  /** Marks the digits of a device as compared and found equal, now, or takes that back. Rejects with DEVICE_NOT_FOUND. */
  markCompared(deviceId: DeviceId, isEqual?: boolean): Promise<SafetyNumber>;
  /** A note for this device's own owner, 500 characters at most; `null` or nothing visible takes it away. */
  setNote(deviceId: DeviceId, note: string | null): Promise<void>;
  /** What the device may do beside being linked. Rejects with DEVICE_NOT_FOUND. */
  setPermissions(deviceId: DeviceId, permissions: DevicePermissions): Promise<void>;
  /** Gives this device another name. Devices that are paired with it keep the name their owners see it by. */
  renameSelf(name: string): Promise<void>;
  /** Forgets a device and tells it so if it is connected. It can come back only by pairing again. */
  unpair(deviceId: DeviceId): Promise<void>;
  /**
   * Unpairs a device, or takes the endpoint of one that is not paired, and keeps it out: what it has open ends at once, what
   * comes of it is refused unread, and it cannot pair again with any code until it is unblocked. Survives restarts and
   * restored backups, and works on a full disk.
   * @throws DEVICE_NOT_FOUND, INVALID_OPTION for this device itself
   */
  block(device: DeviceId | EndpointId): Promise<BlockedDevice>;
  /** Keeps a device out no more; it has to be paired again. By id, the beginning of its id, endpoint id or name. @throws DEVICE_NOT_FOUND, DEVICE_AMBIGUOUS */
  unblock(query: string): Promise<BlockedDevice>;
  /** Who is kept out, in the order they were blocked. */
  blocked(): readonly BlockedDevice[];
  /** Changes the relays at run time, and for later starts. Tells how this device's own connection to each of them fares; they are chosen whatever that is. */
  setRelays(choice: RelayChoice): Promise<readonly RelayAnswer[]>;
  /** Limits what may go through relays in a day (UTC), now and for later starts; `null` lifts the limit. */
  setRelayBudget(budget: RelayBudget | null): Promise<void>;
  /**
   * Drops this device's own logins at a relay as if their connections had broken, to see what happens then; they come back
   * by themselves. Answers whether there was one.
   */
  dropRelay(url: RelayUrl): Promise<boolean>;
  /** What went through relays since the switchboard started, for each relay and each device. */
  traffic(): Promise<TrafficReport>;
  status(): Promise<HostStatus>;
  /** Why a device is connected as it is, or is not: cause, whose side, how certain, evidence and what would help. Rejects with DEVICE_NOT_FOUND. */
  explain(deviceId: DeviceId, options?: ExplainOptions): Promise<DeviceDiagnosis>;
  /** Checks this device alone: store, workers, network, relays, UDP, NAT and mDNS. Relays are asked at this moment. */
  check(): Promise<readonly DeviceCheck[]>;
  /** The machines that decide, to be drawn, and where each of their sessions stands now. */
  machines(): Promise<MachinesReport>;
  /** Hears every later transition of a machine's session, until it is cancelled or the host stops. Costs nothing while nobody listens. */
  onTransition(listener: (transition: MachineTransition) => void): Cancel;
  /**
   * What happened to a device since a moment (wall clock, milliseconds), and how well it was connected. Kept across
   * restarts, for 90 days and 4,000 lines at most. Of a device that is not paired there is nothing.
   */
  timeline(deviceId: DeviceId, range: { readonly sinceMs: number }): Promise<DeviceTimeline>;
  /** Journal entries after a position, oldest first; with -1 the newest ones. */
  journal(options: { readonly afterPosition: number; readonly limit: number }): Promise<readonly JournalEntry[]>;
  /**
   * Serves the page about this device, listening already, until its `stop` or that of the host. On 127.0.0.1 alone, on a port
   * of its own, to whoever opens `openUrl()` once within a minute: whoever has that address can pair and unpair devices.
   * Costs nothing while no page is open.
   * @throws INVALID_OPTION, INSPECTOR_PORT_TAKEN, INSPECTOR_PAGE_MISSING
   */
  inspector(options?: Partial<InspectorOptions>): Promise<Inspector>;
  on<N extends HostEventName>(event: N, listener: (event: Extract<HostEvent, { event: N }>) => void): Cancel;
  onAny(listener: (event: HostEvent) => void): Cancel;
}
