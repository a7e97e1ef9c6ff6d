import type { ConnectionPath } from '../addresses.ts';
import { defineChannel, event, request } from '../channel-definition.ts';
import type { BlockedDevice, DevicePermissions, DeviceSummary, PeerDevice } from '../device.ts';
import type { DeviceCheck } from '../device-check.ts';
import type { DeviceDiagnosis } from '../device-diagnosis.ts';
import type { HostEvent, HostStatus } from '../host-events.ts';
import type { DeviceId, PairingSessionId, RelayUrl, ServiceStreamId } from '../ids.ts';
import type { MachinesReport, MachineTransition } from '../machines.ts';
import type { DeviceTimeline } from '../timeline.ts';
import type { CodeOffer, ConfirmationPolicy } from './pairing-sessions.ts';
import type { JournalEntry } from './persistence.ts';
import type { RelayBudget, TrafficReport } from './relay-switchboard.ts';
import type { ServiceOffer } from './services.ts';

/** One relay of the person's own. */
export interface ChosenRelay {
  readonly url: string;
  /** What the relay asks its users for, sent as a bearer token. A secret. */
  readonly token?: string;
  /** Home whenever it works. */
  readonly pinned?: boolean;
  /** UDP port of its QUIC address discovery, where it offers it. */
  readonly quicPort?: number;
}

/** Which relays a device uses: iroh's public ones, none at all (LAN only), or the person's own. */
export type RelayChoice = 'default' | 'disabled' | { readonly urls: readonly (string | ChosenRelay)[] };

/** Whether a relay is there: its fastest answer in milliseconds, or what kept it from answering. */
export interface RelayAnswer {
  readonly url: RelayUrl;
  readonly rttMs: number | null;
  readonly problem: string | null;
}

/** A message that waits to be taken, as `bowline messages --json` prints it. */
export interface WaitingMessage {
  readonly position: number;
  readonly from: { readonly id: DeviceId; readonly name: string };
  readonly atMs: number;
  /** The message as text; bytes that an app sent are base64 in `bytesBase64` instead. */
  readonly text?: string;
  readonly bytesBase64?: string;
}

/** Where a served program listens. `isRaw`: its bytes are passed as they are, whatever they are. */
export type ServedTarget = ({ readonly port: number } | { readonly socket: string }) & { readonly isRaw?: boolean };

/** What is served by this device. */
export interface ServedReport {
  readonly name: string;
  /** `null` for what an app serves by itself. */
  readonly target: ServedTarget | null;
  readonly to: 'paired' | readonly DeviceId[];
}

/** What this device receives from others, and where it goes. */
export interface ReceivingReport {
  readonly dir: string;
  readonly from: 'paired' | readonly DeviceId[];
  /** Most bytes of one push. */
  readonly maxBytes: number;
}

/** How far a push is. `bytes` shrinks when a file changes while it is sent. */
export interface PushProgress {
  readonly files: number;
  readonly totalFiles: number;
  readonly bytes: number;
  readonly totalBytes: number;
}

/**
 * What is within a folder and was not pushed, by its path here. `link`: a symbolic link; `noFile`: a device, a socket or the like;
 * `path`: it is too long, or a name in it is no text.
 */
export interface PushSkipped {
  readonly path: string;
  readonly reason: 'link' | 'noFile' | 'path';
}

/** What a push came to. */
export interface PushResult {
  /** Files that are there now, byte for byte; those that were there before are among them. */
  readonly files: number;
  readonly bytes: number;
  readonly elapsedMs: number;
  /** Files that have another path there than here, within the folder that was chosen: the first 500. */
  readonly savedAs: readonly { readonly path: string; readonly savedAs: string }[];
  /** What was left out: the first 500. */
  readonly skipped: readonly PushSkipped[];
}

/**
 * Asked of a running daemon by the command line over a local socket that only its owner can open, as JSON lines.
 * `device` is a device's id, the beginning of one, or a name; `DEVICE_NOT_FOUND` and `DEVICE_AMBIGUOUS` say what fits.
 * A pairing session ends with the connection of the client that started it.
 */
export const daemonChannel = defineChannel({
  name: 'daemon',
  version: 2,
  requests: {
    /** Ends the daemon once this is answered; one that runs for a command alone refuses with `DAEMON_TEMPORARY`. */
    stop: request<Record<string, never>, void>(),
    /** `inspectorUrl`: where the inspector is served; `null` while nobody has asked for it. */
    describe: request<
      Record<string, never>,
      { readonly device: DeviceSummary; readonly pid: number; readonly inspectorUrl: string | null }
    >(),
    pair: request<
      {
        readonly ttlMs: number;
        readonly policy: ConfirmationPolicy;
        /** Whether tokens of this device's relays go into the ticket. @defaultValue false */
        readonly shareRelayToken?: boolean;
        /** As in `join`. @defaultValue false */
        readonly renew?: boolean;
        /** UDP port of the rendezvous endpoint. @defaultValue none */
        readonly rendezvousPort?: number;
      },
      CodeOffer
    >(),
    join: request<
      {
        readonly sessionId: PairingSessionId;
        readonly code: string;
        readonly policy: ConfirmationPolicy;
        /** Whether a device that is paired already may be paired anew. @defaultValue false */
        readonly renew?: boolean;
        /** `HOST:PORT` of the initiator's rendezvous endpoint. @defaultValue not known */
        readonly at?: string;
      },
      void
    >(),
    decide: request<
      { readonly sessionId: PairingSessionId; readonly accept: boolean; readonly authenticationString: string },
      void
    >(),
    cancel: request<{ readonly sessionId: PairingSessionId }, void>(),
    devices: request<Record<string, never>, { readonly devices: readonly PeerDevice[] }>(),
    status: request<Record<string, never>, HostStatus>(),
    /** The machines that decide, and where their sessions stand. */
    machines: request<Record<string, never>, MachinesReport>(),
    /** Whether `machine.moved` is told to this client from now on. Idempotent. */
    watchMachines: request<{ readonly isWatched: boolean }, void>(),
    /** Serves the inspector, if it does not yet, and gives an address that opens it once, within a minute: a secret. Rejects with `INSPECTOR_OFF`. */
    inspect: request<Record<string, never>, { readonly url: string }>(),
    /** Checks this device alone; its relays are asked at this moment. */
    check: request<Record<string, never>, { readonly checks: readonly DeviceCheck[] }>(30_000),
    /** Why a device is connected as it is, or is not. */
    explain: request<
      {
        readonly device: string;
        /** Whether what can be tried is tried before. @defaultValue false */
        readonly tryRemedies?: boolean;
      },
      DeviceDiagnosis
    >(30_000),
    /** What happened to a device since a moment, wall clock, milliseconds. */
    timeline: request<
      { readonly device: string; readonly sinceMs: number },
      DeviceTimeline & { readonly device: DeviceSummary }
    >(),
    /** Sends text, or bytes in base64. */
    send: request<
      { readonly device: string } & ({ readonly text: string } | { readonly bytesBase64: string }),
      { readonly delivered: true; readonly elapsedMs: number }
    >(600_000),
    /** Messages not taken yet after a position, oldest first, of one device or (`null`) of all; only an empty answer is the end. */
    messages: request<
      { readonly device: string | null; readonly afterPosition: number; readonly limit: number },
      { readonly messages: readonly WaitingMessage[] }
    >(),
    takeMessages: request<{ readonly positions: readonly number[] }, { readonly taken: number }>(),
    ping: request<{ readonly device: string }, { readonly rttMs: number; readonly path: ConnectionPath | null }>(),
    reconnect: request<{ readonly device: string }, void>(),
    /** Answers the device under the name it has now, which may be cut. */
    rename: request<{ readonly device: string; readonly name: string }, { readonly device: DeviceSummary }>(),
    /** A paired device by id, the beginning of its id, or name. */
    findDevice: request<{ readonly device: string }, { readonly device: DeviceSummary }>(),
    /** Gives this device itself another name. */
    renameSelf: request<{ readonly name: string }, { readonly device: DeviceSummary }>(),
    /** The safety number of a device and this one; with `mark` it is marked as compared, or (`false`) as not compared, first. */
    verify: request<
      { readonly device: string; readonly mark?: boolean },
      { readonly device: DeviceSummary; readonly digits: string; readonly comparedAtMs: number | null }
    >(),
    /** Sets the note of a device; `null` takes it away. Without `note` it only tells. */
    note: request<
      { readonly device: string; readonly note?: string | null },
      { readonly device: DeviceSummary; readonly note: string | null }
    >(),
    /** Sets what a device may do, and tells it; what is left out stays. `services`: those it may use by name. */
    permissions: request<
      { readonly device: string; readonly permissions: DevicePermissions },
      {
        readonly device: DeviceSummary;
        readonly permissions: Required<DevicePermissions>;
        readonly services: readonly string[];
      }
    >(),
    unpair: request<{ readonly device: string }, { readonly device: DeviceSummary }>(),
    /** `device`: a paired one, or the whole endpoint id of any. */
    block: request<{ readonly device: string }, { readonly device: BlockedDevice }>(),
    /** `device`: a blocked one. */
    unblock: request<{ readonly device: string }, { readonly device: BlockedDevice }>(),
    blocked: request<Record<string, never>, { readonly devices: readonly BlockedDevice[] }>(),
    /** Answers how each of the chosen relays responded just now; they are chosen whatever that is. */
    setRelays: request<{ readonly relay: RelayChoice }, { readonly answers: readonly RelayAnswer[] }>(30_000),
    setRelayBudget: request<{ readonly budget: RelayBudget | null }, void>(),
    traffic: request<Record<string, never>, TrafficReport>(),
    /**
     * Serves a program on this machine, also after restarts of the daemon, until `unserve`. Serving it again under its name
     * replaces it. `to`: every paired device, or these. Answers who that is, by id.
     */
    serve: request<
      {
        readonly name: string;
        readonly target: ServedTarget;
        readonly to: 'paired' | readonly string[];
        readonly relay?: ServiceOffer['relay'];
        readonly maxStreams?: number;
      },
      { readonly service: ServedReport }
    >(),
    /** Answers whether it was served. */
    unserve: request<{ readonly name: string }, { readonly wasServed: boolean }>(),
    /** What this device serves. */
    served: request<Record<string, never>, { readonly services: readonly ServedReport[] }>(),
    /** What another device lets this one use; waits for it until the deadline. */
    services: request<
      { readonly device: string },
      { readonly device: DeviceSummary; readonly services: readonly { readonly name: string }[] }
    >(30_000),
    /**
     * Opens a stream to a service of another device; it ends with the client's connection. The id is the client's choice.
     * What can go wrong is what the `services` channel says.
     */
    openStream: request<
      { readonly device: string; readonly service: string; readonly streamId: ServiceStreamId },
      { readonly device: DeviceSummary }
    >(30_000),
    /** The next bytes; `null` at the end. One read at a time for each stream. */
    readStream: request<{ readonly streamId: ServiceStreamId }, { readonly bytes: Uint8Array | null }>(2_000_000_000),
    /** Resolves when there is room for more. */
    writeStream: request<{ readonly streamId: ServiceStreamId; readonly bytes: Uint8Array }, void>(2_000_000_000),
    endStream: request<{ readonly streamId: ServiceStreamId }, void>(2_000_000_000),
    resetStream: request<{ readonly streamId: ServiceStreamId; readonly code: number }, void>(),
    /**
     * Pushes files and folders, which the daemon reads: absolute paths. It ends with the client's connection; what was saved
     * by then stays, and is not sent again by the next push. The id is the client's choice.
     */
    push: request<{ readonly device: string; readonly paths: readonly string[]; readonly pushId: string }, PushResult>(
      2_000_000_000,
    ),
    /** `null` before it has begun, and once it is over. */
    pushProgress: request<{ readonly pushId: string }, { readonly progress: PushProgress | null }>(),
    /** Receives what is pushed, also after restarts of the daemon, until `receiveOff`; replaces what was said before. */
    receive: request<
      { readonly dir: string; readonly from: 'paired' | readonly string[]; readonly maxBytes?: number },
      { readonly receiving: ReceivingReport }
    >(),
    /** Answers whether anything was received. */
    receiveOff: request<Record<string, never>, { readonly wasReceiving: boolean }>(),
    /** What is received; `null` for nothing. */
    receiving: request<Record<string, never>, { readonly receiving: ReceivingReport | null }>(),
    readJournal: request<
      { readonly afterPosition: number; readonly limit: number },
      { readonly entries: readonly JournalEntry[] }
    >(),
  },
  events: {
    told: event<HostEvent & { readonly atMs: number }>(),
    /** Told while this client watches. */
    'machine.moved': event<MachineTransition>(),
  },
});

export type DaemonChannel = typeof daemonChannel;
