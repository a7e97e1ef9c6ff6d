import { networkInterfaces } from 'node:os';
import {
  type Cancel,
  type ConfirmationPolicy,
  type ConnectionPath,
  cleanDisplayName,
  type DeviceCheck,
  type DeviceDiagnosis,
  type DeviceId,
  type DeviceSummary,
  type DeviceTimeline,
  type HostEvent,
  type HostEventName,
  type HostStatus,
  InvalidOptionError,
  type JournalEntry,
  type PairingSessionId,
  type PeerDevice,
  type PushProgress,
  type PushResult,
  parseHostPort,
  type ReceivingReport,
  type RelayAnswer,
  type RelayBudget,
  type RelayChoice,
  type ServiceOffer,
  type ServiceStreamStatus,
  type Startable,
  type TrafficReport,
} from '@bowline/contracts';
import { createLogger } from '@bowline/logging';
import { RUN_BYTES } from '@bowline/push-protocol';
import { taskPool } from '@bowline/supervisor';
import { systemClock, systemRandom } from '@bowline/system-ports';
import { abortable } from './abortable.ts';
import { checkFields } from './check-fields.ts';
import { type Composition, compose } from './compose.ts';

import { explainDevice } from './diagnosis/explain-device.ts';
import { readTimeline } from './diagnosis/read-timeline.ts';
import { runChecks } from './diagnosis/run-checks.ts';
import { HostNotRunningError } from './errors.ts';
import { eventHub } from './event-hub.ts';
import { inlineJobs, pooledJobs } from './finite-jobs.ts';
import { inBackground } from './in-background.ts';
import { encodeMessageBody, type MessageBody } from './message-body.ts';
import { hostInbox } from './messages/inbox.ts';
import { readBody } from './messages/message-content.ts';
import { type MessageHandler, messageHandlerSlot, type ReceivedMessage } from './messages/message-handler.ts';
import { type MessageSender, messageSender, type SendMessageOptions } from './messages/send-message.ts';
import { type HostOptions, resolveHostOptions, resolveRelayChoice, storableRelayChoice } from './options.ts';
import { ownCondition } from './own-condition.ts';
import { ownPresence } from './own-presence.ts';
import { type PairingJoin, type PairingOffer, pairingHandles } from './pairing-handles.ts';
import { openStore, placeParts } from './parts.ts';
import { peerRegistry } from './peers/peer-registry.ts';
import { probeRelays } from './probe-relays.ts';
import { pushFiles } from './push/push-files.ts';
import { PUSH_SERVICE, type ReceiveOptions, type Receiving, receiving } from './push/receiving.ts';
import { type Device, deviceHandle } from './services/device-handle.ts';
import { openKeptServices } from './services/kept-services.ts';
import type { LocalTarget } from './services/local-service.ts';
import { type PresenceBook, presenceBook } from './services/presence-book.ts';
import {
  type ServedService,
  type ServedServices,
  type ServeOptions,
  servedServices,
} from './services/served-services.ts';
import type { ServiceTarget } from './services/service-handler.ts';
import { settledPairing } from './settled-pairing.ts';
import { readStatus } from './status.ts';
import type { HostComponents, System } from './system.ts';
import { openUnpairedEndpoints } from './unpaired-endpoints.ts';
import { removePeer, renamePeer } from './wiring/peer-changes.ts';
import type { KeptMessage } from './wiring/send-kept-messages.ts';

/** How long a pairing code lives unless asked otherwise: time enough to walk to the other device. */
const DEFAULT_CODE_TTL_MS = 300_000;

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
  served(): readonly (ServiceOffer & { readonly target: LocalTarget | null })[];
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
  /** Gives this device another name. Devices that are paired with it keep the name their owners see it by. */
  renameSelf(name: string): Promise<void>;
  /** Forgets a device and tells it so if it is connected. It can come back only by pairing again. */
  unpair(deviceId: DeviceId): Promise<void>;
  /** Changes the relays at run time, and for later starts. Tells how each of them answered; they are chosen whatever that is. */
  setRelays(choice: RelayChoice): Promise<readonly RelayAnswer[]>;
  /** Limits what may go through relays in a day (UTC), now and for later starts; `null` lifts the limit. */
  setRelayBudget(budget: RelayBudget | null): Promise<void>;
  /** What went through relays since the switchboard started, for each relay and each device. */
  traffic(): Promise<TrafficReport>;
  status(): Promise<HostStatus>;
  /** Why a device is connected as it is, or is not: cause, whose side, how certain, evidence and what would help. Rejects with DEVICE_NOT_FOUND. */
  explain(deviceId: DeviceId, options?: ExplainOptions): Promise<DeviceDiagnosis>;
  /** Checks this device alone: store, workers, network, relays, UDP, NAT and mDNS. Relays are asked at this moment. */
  check(): Promise<readonly DeviceCheck[]>;
  /**
   * What happened to a device since a moment (wall clock, milliseconds), and how well it was connected. Kept across
   * restarts, for 90 days and 4,000 lines at most. Of a device that is not paired there is nothing.
   */
  timeline(deviceId: DeviceId, range: { readonly sinceMs: number }): Promise<DeviceTimeline>;
  /** Journal entries after a position, oldest first; with -1 the newest ones. */
  journal(options: { readonly afterPosition: number; readonly limit: number }): Promise<readonly JournalEntry[]>;
  on<N extends HostEventName>(event: N, listener: (event: Extract<HostEvent, { event: N }>) => void): Cancel;
  onAny(listener: (event: HostEvent) => void): Cancel;
}

const EXPLAIN_OPTION_NAMES = { tryRemedies: true } as const satisfies Record<keyof ExplainOptions, true>;

const PAIR_OPTION_NAMES = {
  ttlMs: true,
  policy: true,
  shareRelayToken: true,
  renew: true,
  rendezvousPort: true,
} as const satisfies Record<keyof PairOptions, true>;

const JOIN_OPTION_NAMES = {
  policy: true,
  renew: true,
  at: true,
  sessionId: true,
  signal: true,
} as const satisfies Record<keyof JoinOptions, true>;

const SEND_OPTION_NAMES = {
  deadlineMs: true,
  signal: true,
  persist: true,
} as const satisfies Record<keyof SendOptions | keyof KeepOptions, true>;

const PUSH_OPTION_NAMES = {
  signal: true,
  onProgress: true,
} as const satisfies Record<keyof PushOptions, true>;

interface Running {
  readonly system: System;
  readonly presence: PresenceBook;
  readonly served: ServedServices;
  readonly receiving: Receiving;
  readonly composition: Composition;
  readonly sender: MessageSender;
}

/** The components of the machine this runs on. @param level of the log, written to stderr. @defaultValue `'warn'` */
const machineComponents = (): HostComponents => ({
  logger: createLogger({ level: 'warn' }),
  clock: systemClock,
  random: systemRandom,
  networkInterfaces,
  workerLogLevel: 'warn',
});

/**
 * Long because each thing an app may ask for is a method of one object; what it does stands elsewhere.
 *
 * @throws `INVALID_OPTION` for options that break their rule; nothing is started or written before `start`
 */
export const createHost = (options: HostOptions, components: Partial<HostComponents> = {}): Host => {
  const resolved = resolveHostOptions(options);
  const ports: HostComponents = { ...machineComponents(), ...components };
  const hub = eventHub(ports);
  const run = ports.random.bytes(RUN_BYTES);
  let pushes = 0;
  const messageHandler = messageHandlerSlot();
  let starting: Promise<Running> | undefined;
  let running: Running | undefined;

  const open = async (): Promise<Running> => {
    const store = await openStore(resolved, ports);
    await store.start();
    try {
      const identity = await store.client.request('openIdentity', { defaultName: resolved.name });
      const { devices } = await store.client.request('listDevices', {});
      const stored = await store.client.request('getSetting', { name: 'relay' });
      const { kind: key } = await store.client.request('describeKey', {});
      const { id, endpointId, name } = identity;
      const system: System = {
        ...ports,
        options: resolved,
        identity,
        parts: placeParts(store, identity, resolved, ports),
        peers: peerRegistry(devices),
        own: ownPresence({ id, endpointId, name }),
        condition: ownCondition(),
        unpaired: await openUnpairedEndpoints(store),
        settled: settledPairing(ports.clock),
        hub,
        storeHealth: { key, problem: null },
        inbox: hostInbox(store),
        messageHandler,
        jobs: resolved.runsTasksInline ? inlineJobs(ports) : pooledJobs(taskPool({}, ports)),
        inBackground: inBackground(ports),
      };
      const choice = resolved.relay ?? resolveRelayChoice(stored.value ?? 'default');
      const kept = await openKeptServices(store);
      const served = servedServices({ ...system, kept, services: system.parts.services });
      const presence = presenceBook(system);
      try {
        const composition = await compose(system, choice);
        await served.restore();
        const receives = receiving({ ...system, persistence: store, served, findDevice: system.peers.find });
        await receives.restore();
        return { system, presence, served, receiving: receives, composition, sender: messageSender(system) };
      } catch (error) {
        served.cancel();
        presence.cancel();
        throw error;
      }
    } catch (error) {
      await store.stop();
      throw error;
    }
  };

  const now = (): Running => {
    if (running === undefined) throw new HostNotRunningError();
    return running;
  };

  const stop = async (): Promise<void> => {
    const stopping = await starting?.catch(() => undefined);
    starting = undefined;
    running = undefined;
    if (stopping === undefined) return;
    stopping.served.cancel();
    stopping.presence.cancel();
    await stopping.composition.stop();
    await stopping.system.jobs.close();
    await stopping.system.parts.persistence.stop();
  };

  const parts = () => now().system.parts;

  function send(deviceId: DeviceId, body: MessageBody, options?: SendOptions): Promise<{ readonly elapsedMs: number }>;
  function send(deviceId: DeviceId, body: MessageBody, options: KeepOptions): Promise<KeptMessage>;
  async function send(deviceId: DeviceId, body: MessageBody, options: SendMessageOptions | KeepOptions = {}) {
    checkFields('send', options, SEND_OPTION_NAMES);
    const payload = encodeMessageBody(body);
    const { composition, sender } = now();
    if ('persist' in options && options.persist) return composition.keepMessage(deviceId, payload);
    const { deadlineMs, signal } = options as SendMessageOptions;
    return abortable(signal, () => sender.send(deviceId, payload, { deadlineMs, signal }));
  }

  return {
    start: async () => {
      starting ??= open();
      try {
        running = await starting;
      } catch (error) {
        starting = undefined;
        throw error;
      }
    },
    stop,
    [Symbol.asyncDispose]: stop,
    get self() {
      return now().system.own.current.device;
    },
    device: (query) => {
      const { system, presence } = now();
      return deviceHandle(system, presence, system.peers.find(query).id);
    },
    serve: (name, target, options) => now().served.serve(name, target, options),
    served: () => now().served.list(),
    unserve: (name) => (name === PUSH_SERVICE ? now().receiving.off() : now().served.unserve(name)),
    streams: async () => (await parts().services.client.request('status', {})).streams,
    pair: async (pairOptions = {}) => {
      checkFields('pair', pairOptions, PAIR_OPTION_NAMES);
      const { ttlMs = DEFAULT_CODE_TTL_MS, policy = 'ask', shareRelayToken = false, renew = false } = pairOptions;
      const { rendezvousPort: port } = pairOptions;
      const { system, composition } = now();
      const relayTokens = shareRelayToken ? composition.relayTokens() : [];
      const at = port === undefined ? {} : { rendezvousAt: { port, bindAddresses: resolved.bind } };
      return pairingHandles(system).offer({ ttlMs, policy, relayTokens, renew, ...at });
    },
    join: async (code, joinOptions = {}) => {
      checkFields('join', joinOptions, JOIN_OPTION_NAMES);
      const { policy = 'accept', renew = false, at, signal, sessionId } = joinOptions;
      if (at !== undefined && parseHostPort(at) === undefined) {
        throw new InvalidOptionError('at', 'must be HOST:PORT, with an IPv6 address in brackets', at);
      }
      const hints = at === undefined ? [] : [at];
      const input = { code, policy, renew, hints, ...(sessionId === undefined ? {} : { sessionId }) };
      return abortable(signal, () => pairingHandles(now().system).join(input, signal));
    },
    devices: () => now().system.peers.list(),
    findDevice: (query) => now().system.peers.find(query),
    send,
    push: async (deviceId, paths, options = {}) => {
      checkFields('push', options, PUSH_OPTION_NAMES);
      const { signal = new AbortController().signal, onProgress = () => undefined } = options;
      const open = () => {
        const { system, presence } = now();
        return deviceHandle(system, presence, deviceId).open(PUSH_SERVICE, { signal });
      };
      pushes += 1;
      return pushFiles(paths, { clock: ports.clock, open, run, push: pushes, onProgress, signal });
    },
    receive: (options) => now().receiving.set(options),
    receiveOff: () => now().receiving.off(),
    receiving: () => now().receiving.current,
    onMessage: (handler) => messageHandler.set(handler),
    messages: async ({ deviceId, afterPosition = 0, limit = 1_000 } = {}) => {
      const messages = await now().system.inbox.list(deviceId ?? null, afterPosition, limit);
      return messages.map(({ position, deviceId: from, deviceName: fromName, atMs, payload }) => {
        return { position, from, fromName, atMs, body: readBody(payload) };
      });
    },
    takeMessages: (positions) => now().system.inbox.take(positions),
    ping: (deviceId) => parts().links.client.request('ping', { deviceId }),
    reconnect: (deviceId) => parts().scheduler.client.request('nudge', { deviceId, cause: 'user' }),
    rename: async (deviceId, name) => renamePeer(now().system, deviceId, checkedName(name)),
    renameSelf: async (name) => {
      const { own, parts: workers } = now().system;
      const clean = checkedName(name);
      await workers.persistence.client.request('renameSelf', { name: clean });
      own.update({ device: { ...own.current.device, name: clean } });
    },
    unpair: (deviceId) => removePeer(now().system, deviceId, 'us'),
    setRelays: async (choice) => {
      const { system, composition } = now();
      const checked = resolveRelayChoice(choice);
      const value = storableRelayChoice(checked);
      await system.parts.persistence.client.request('putSetting', { name: 'relay', value });
      await composition.chooseRelays(checked);
      return probeRelays(system.jobs, system.own.current.configuredRelayUrls);
    },
    setRelayBudget: async (budget) => now().composition.limitTraffic(budget),
    traffic: () => parts().switchboard.client.request('traffic', {}),
    status: () => readStatus(now().system),
    check: async () => runChecks(now().system),
    explain: async (deviceId, explainOptions = {}) => {
      checkFields('explain', explainOptions, EXPLAIN_OPTION_NAMES);
      return explainDevice(now().system, deviceId, explainOptions.tryRemedies === true);
    },
    timeline: async (deviceId, { sinceMs }) => {
      const { system, composition } = now();
      await composition.saveTimeline();
      return readTimeline(system, deviceId, Math.max(0, Math.floor(sinceMs)));
    },
    journal: async (range) => (await parts().persistence.client.request('readJournal', range)).entries,
    on: hub.on,
    onAny: hub.onAny,
  };
};

/** @throws {@link InvalidOptionError} where nothing of it can be seen */
const checkedName = (name: string): string => {
  const clean = cleanDisplayName(name);
  if (clean === '') throw new InvalidOptionError('name', 'must hold a visible character', name);
  return clean;
};
