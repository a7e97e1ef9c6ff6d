import type { ConnectionPath } from '../addresses.ts';
import { defineChannel, event, request } from '../channel-definition.ts';
import type { DeviceSummary, PeerDevice } from '../device.ts';
import type { DeviceDiagnosis } from '../device-diagnosis.ts';
import type { HostEvent, HostStatus } from '../host-events.ts';
import type { PairingSessionId, RelayUrl } from '../ids.ts';
import type { ConfirmationPolicy } from './pairing-sessions.ts';
import type { JournalEntry } from './persistence.ts';
import type { RelayBudget, TrafficReport } from './relay-switchboard.ts';

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

/**
 * Asked of a running daemon by the command line over a local socket that only its owner can open, as JSON lines.
 * `device` is a device's id, the beginning of one, or a name; `DEVICE_NOT_FOUND` and `DEVICE_AMBIGUOUS` say what fits.
 * A pairing session ends with the connection of the client that started it.
 */
export const daemonChannel = defineChannel({
  name: 'daemon',
  version: 1,
  requests: {
    /** Ends the daemon once this is answered; one that runs for a command alone refuses with `DAEMON_TEMPORARY`. */
    stop: request<Record<string, never>, void>(),
    describe: request<Record<string, never>, { readonly device: DeviceSummary; readonly pid: number }>(),
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
      {
        readonly sessionId: PairingSessionId;
        readonly words: string;
        readonly ticket: string;
        readonly expiresAtMs: number;
        /** Relays whose token is in the ticket. */
        readonly sharedTokenUrls: readonly RelayUrl[];
      }
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
    /** Why a device is connected as it is, or is not. */
    explain: request<{ readonly device: string }, DeviceDiagnosis>(),
    /** Sends text, or bytes in base64. */
    send: request<
      { readonly device: string } & ({ readonly text: string } | { readonly bytesBase64: string }),
      { readonly delivered: true; readonly elapsedMs: number }
    >(30_000),
    ping: request<{ readonly device: string }, { readonly rttMs: number; readonly path: ConnectionPath | null }>(),
    reconnect: request<{ readonly device: string }, void>(),
    /** Answers the device under the name it has now, which may be cut. */
    rename: request<{ readonly device: string; readonly name: string }, { readonly device: DeviceSummary }>(),
    unpair: request<{ readonly device: string }, { readonly device: DeviceSummary }>(),
    /** Answers how each of the chosen relays responded just now; they are chosen whatever that is. */
    setRelays: request<{ readonly relay: RelayChoice }, { readonly answers: readonly RelayAnswer[] }>(30_000),
    setRelayBudget: request<{ readonly budget: RelayBudget | null }, void>(),
    traffic: request<Record<string, never>, TrafficReport>(),
    readJournal: request<
      { readonly afterPosition: number; readonly limit: number },
      { readonly entries: readonly JournalEntry[] }
    >(),
  },
  events: {
    told: event<HostEvent & { readonly atMs: number }>(),
  },
});

export type DaemonChannel = typeof daemonChannel;
