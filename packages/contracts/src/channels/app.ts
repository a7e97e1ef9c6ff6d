import type { ConnectionPath } from '../addresses.ts';
import { defineChannel, event, request } from '../channel-definition.ts';
import type { BlockedDevice, DevicePermissions, DeviceSummary, PeerDevice } from '../device.ts';
import type { DeviceCheck } from '../device-check.ts';
import type { DeviceDiagnosis } from '../device-diagnosis.ts';
import type { DevicePresence } from '../device-presence.ts';
import type { HostEvent, HostStatus } from '../host-events.ts';
import type { DeviceId, EndpointId, PairingSessionId, RelayUrl, ServiceStreamId } from '../ids.ts';
import type { MachinesReport, MachineTransition } from '../machines.ts';
import type { DeviceTimeline } from '../timeline.ts';
import type { PushProgress, PushResult, ReceivingReport, RelayAnswer, RelayChoice, ServedTarget } from './daemon.ts';
import type { ConfirmationPolicy } from './pairing-sessions.ts';
import type { JournalEntry } from './persistence.ts';
import type { RelayBudget, TrafficReport } from './relay-switchboard.ts';
import type { OpenServiceInput, ServiceOffer, ServiceStreamStatus } from './services.ts';

/** Something that is served, and where a program listens for it; `null` for what an app serves by itself. */
export type ServedOffer = ServiceOffer & { readonly target: ServedTarget | null };

/** What an app may look at without asking, as the daemon sees it. */
export interface HostView {
  readonly self: DeviceSummary;
  readonly devices: readonly PeerDevice[];
  readonly blocked: readonly BlockedDevice[];
  readonly served: readonly ServedOffer[];
  readonly receiving: ReceivingReport | null;
}

/** A message that waits to be taken by an app. */
export interface OfferedMessage {
  readonly position: number;
  readonly from: DeviceId;
  readonly fromName: string;
  /** Wall clock, milliseconds. */
  readonly atMs: number;
  readonly body: string | Uint8Array;
}

/** Milliseconds for what ends by itself: a deadline of its own, the end of a stream, or of the connection. */
const UNBOUNDED_MS = 2_000_000_000;

/**
 * Asked of a running daemon by an app of the same user, over the daemon's socket, as JSON lines: everything that an app can
 * ask of a host of its own. Several apps share one device so. Requests mean what the methods of a host mean, and reject with
 * the same codes.
 *
 * What an app registers ends with its connection: services it serves by itself, streams, pairing sessions, pushes, and being
 * the one who takes messages. A program on a port or socket can be kept.
 */
export const appChannel = defineChannel({
  name: 'app',
  version: 1,
  requests: {
    /** What there is to see now; from then on `view.changed`, `presence.changed` and `told` say what changes, before the answer to what changed it. */
    watch: request<Record<string, never>, { readonly view: HostView; readonly presences: readonly DevicePresence[] }>(),
    pair: request<
      {
        readonly ttlMs: number;
        readonly policy: ConfirmationPolicy;
        readonly shareRelayToken: boolean;
        readonly renew: boolean;
        readonly rendezvousPort?: number;
      },
      {
        readonly sessionId: PairingSessionId;
        readonly words: string;
        readonly ticket: string;
        readonly expiresAtMs: number;
        readonly sharedTokenUrls: readonly RelayUrl[];
      }
    >(),
    join: request<
      {
        readonly sessionId: PairingSessionId;
        readonly code: string;
        readonly policy: ConfirmationPolicy;
        readonly renew: boolean;
        /** As `at` of a host's `join`, none or one. */
        readonly hints: readonly string[];
      },
      void
    >(),
    decide: request<
      { readonly sessionId: PairingSessionId; readonly accept: boolean; readonly authenticationString: string },
      void
    >(),
    cancel: request<{ readonly sessionId: PairingSessionId }, void>(),
    /** Resolves once the other device has it on disk. */
    send: request<
      { readonly deviceId: DeviceId; readonly body: string | Uint8Array; readonly deadlineMs?: number },
      { readonly elapsedMs: number }
    >(UNBOUNDED_MS),
    /** Resolves once it is on this disk; `awaitDelivery` says when it is on the other one. */
    keep: request<{ readonly deviceId: DeviceId; readonly body: string | Uint8Array }, { readonly position: number }>(),
    /** Of a message that this connection has kept. Asked once for each. */
    awaitDelivery: request<{ readonly position: number }, { readonly elapsedMs: number }>(UNBOUNDED_MS),
    /**
     * Whether this app takes messages. One app at a time does: the first that asked, and when it is gone the next. `true` when
     * it is this app's turn.
     */
    handleMessages: request<{ readonly isHandling: boolean }, { readonly isOurTurn: boolean }>(),
    /** The answer to `message.offered`: whether the message is taken, or must come again. */
    settleMessage: request<{ readonly position: number; readonly problem: string | null }, void>(),
    messages: request<
      { readonly deviceId: DeviceId | null; readonly afterPosition: number; readonly limit: number },
      { readonly messages: readonly OfferedMessage[] }
    >(),
    takeMessages: request<{ readonly positions: readonly number[] }, { readonly taken: number }>(),
    ping: request<{ readonly deviceId: DeviceId }, { readonly rttMs: number; readonly path: ConnectionPath | null }>(),
    reconnect: request<{ readonly deviceId: DeviceId }, void>(),
    rename: request<{ readonly deviceId: DeviceId; readonly name: string }, void>(),
    renameSelf: request<{ readonly name: string }, void>(),
    unpair: request<{ readonly deviceId: DeviceId }, void>(),
    /** `digits`: sixty of them; `comparedAtMs`: wall clock. */
    safetyNumber: request<
      { readonly deviceId: DeviceId },
      { readonly digits: string; readonly comparedAtMs: number | null }
    >(),
    markCompared: request<
      { readonly deviceId: DeviceId; readonly isEqual: boolean },
      { readonly digits: string; readonly comparedAtMs: number | null }
    >(),
    setNote: request<{ readonly deviceId: DeviceId; readonly note: string | null }, void>(),
    setPermissions: request<{ readonly deviceId: DeviceId; readonly permissions: DevicePermissions }, void>(),
    block: request<{ readonly device: DeviceId | EndpointId }, BlockedDevice>(),
    /** By id, the beginning of one, endpoint id or name. */
    unblock: request<{ readonly query: string }, BlockedDevice>(),
    setRelays: request<{ readonly relay: RelayChoice }, { readonly answers: readonly RelayAnswer[] }>(30_000),
    setRelayBudget: request<{ readonly budget: RelayBudget | null }, void>(),
    dropRelay: request<{ readonly url: RelayUrl }, { readonly wasConnected: boolean }>(),
    traffic: request<Record<string, never>, TrafficReport>(),
    status: request<Record<string, never>, HostStatus>(),
    explain: request<{ readonly deviceId: DeviceId; readonly tryRemedies: boolean }, DeviceDiagnosis>(30_000),
    check: request<Record<string, never>, { readonly checks: readonly DeviceCheck[] }>(30_000),
    machines: request<Record<string, never>, MachinesReport>(),
    /** Whether `machine.moved` is told to this app from now on. Idempotent. */
    watchMachines: request<{ readonly isWatched: boolean }, void>(),
    timeline: request<{ readonly deviceId: DeviceId; readonly sinceMs: number }, DeviceTimeline>(),
    journal: request<
      { readonly afterPosition: number; readonly limit: number },
      { readonly entries: readonly JournalEntry[] }
    >(),
    /** `target`: a program of this machine, or (`null`) the app itself, which is told `stream.opened`. */
    serve: request<
      {
        readonly name: string;
        readonly target: ServedTarget | null;
        readonly allow: 'paired' | readonly string[];
        readonly relay?: ServiceOffer['relay'];
        readonly maxStreams?: number;
        readonly keep?: boolean;
      },
      void
    >(),
    /** Serves no more what this connection has registered under the name; anything else stays. */
    stopServing: request<{ readonly name: string }, void>(),
    /** Serves it no more and keeps it no more, whoever serves it. */
    unserve: request<{ readonly name: string }, { readonly wasServed: boolean }>(),
    streams: request<Record<string, never>, { readonly streams: readonly ServiceStreamStatus[] }>(),
    listServices: request<
      { readonly deviceId: DeviceId; readonly deadlineMs: number },
      { readonly services: readonly { readonly name: string }[] }
    >(UNBOUNDED_MS),
    /** As in the `services` channel; it ends with this connection. */
    open: request<OpenServiceInput & { readonly deadlineMs: number }, void>(UNBOUNDED_MS),
    read: request<{ readonly streamId: ServiceStreamId }, { readonly bytes: Uint8Array | null }>(UNBOUNDED_MS),
    write: request<{ readonly streamId: ServiceStreamId; readonly bytes: Uint8Array }, void>(UNBOUNDED_MS),
    end: request<{ readonly streamId: ServiceStreamId }, void>(UNBOUNDED_MS),
    reset: request<{ readonly streamId: ServiceStreamId; readonly code: number }, void>(),
    sendDatagram: request<{ readonly deviceId: DeviceId; readonly bytes: Uint8Array }, void>(),
    /** Whether `datagram.received` is told. */
    hearDatagrams: request<{ readonly isHearing: boolean }, void>(),
    /** Absolute paths, which the daemon reads. The id is the app's choice. */
    push: request<
      { readonly deviceId: DeviceId; readonly paths: readonly string[]; readonly pushId: string },
      PushResult
    >(UNBOUNDED_MS),
    receive: request<
      { readonly dir: string; readonly from?: 'paired' | readonly string[]; readonly maxBytes?: number },
      ReceivingReport
    >(),
    receiveOff: request<Record<string, never>, { readonly wasReceiving: boolean }>(),
  },
  events: {
    told: event<{ readonly told: HostEvent }>(),
    /** What has changed of the view; the rest is as it was. */
    'view.changed': event<Partial<HostView>>(),
    'presence.changed': event<{ readonly presence: DevicePresence }>(),
    /** Another device opened a stream to what this app serves, which reads and writes it from now on. */
    'stream.opened': event<{
      readonly streamId: ServiceStreamId;
      readonly service: string;
      readonly device: { readonly id: DeviceId; readonly name: string };
    }>(),
    'datagram.received': event<{ readonly deviceId: DeviceId; readonly bytes: Uint8Array }>(),
    /** A message for this app to take; told again until it has. */
    'message.offered': event<{ readonly message: OfferedMessage }>(),
    /** A machine's session made a transition. */
    'machine.moved': event<MachineTransition>(),
    'push.progressed': event<{ readonly pushId: string; readonly progress: PushProgress }>(),
  },
});

export type AppChannel = typeof appChannel;
