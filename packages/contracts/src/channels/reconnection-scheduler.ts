import { defineChannel, event, request } from '../channel-definition.ts';
import type { DeviceId } from '../ids.ts';
import type { PeerList } from '../peer-list.ts';

/**
 * Why a device is dialled now. Everything but `backoff` resets the device's backoff. `relayBack`: a relay that was down is
 * connected again.
 */
export type DialCause =
  | 'start'
  | 'backoff'
  | 'sighting'
  | 'linkLost'
  | 'networkChange'
  | 'relayBack'
  | 'wake'
  | 'user'
  | 'relayInfo';

export interface ScheduledDevice {
  readonly deviceId: DeviceId;
  /** `linked`: nothing to do. `waiting`: dialled at `nextDialAtMs`. `queued`: due, waits for a free slot. `dialling`: in flight. */
  readonly state: 'linked' | 'waiting' | 'queued' | 'dialling';
  /** Dials since the last success or reset. */
  readonly failureCount: number;
  /** Monotonic milliseconds; `null` unless `waiting`. */
  readonly nextDialAtMs: number | null;
}

/** A paired device, as far as it matters for dialling it. */
export interface DialledPeer {
  readonly deviceId: DeviceId;
  /** `up`: nothing to dial. `down`: dialled until it is up. `away`: it said goodbye, and is dialled seldom until it gives a sign of life. */
  readonly link: 'up' | 'down' | 'away';
  /** How long a device that is new to the scheduler is given to dial first, milliseconds; a sign of life makes it due before. @defaultValue 0 */
  readonly dialAfterMs?: number;
}

/**
 * Asked of, and told by, the one actor that decides who is dialled when. It dials nothing itself: it tells `dial.due`
 * and is told the outcome. One dial in flight for each device, a bounded number in all, and it never gives up.
 */
export const reconnectionSchedulerChannel = defineChannel({
  name: 'reconnection-scheduler',
  version: 3,
  requests: {
    /**
     * The devices to care for. One that is new and not `up` is due at once, or after its `dialAfterMs`; one whose link went
     * `down` is dialled anew; a dial in flight to one that is gone may still report its outcome, which is ignored.
     */
    setPeers: request<PeerList<DialledPeer>, void>(),
    /**
     * The dial asked for by `dial.due` failed; the next one waits. `throughRelay`: whether a relay may lead to the device, and so
     * tells when it is back. Where none does, a device whose link was lost not long ago is dialled more often.
     */
    reportFailed: request<{ readonly deviceId: DeviceId; readonly throughRelay: boolean }, void>(),
    /** A sign of life or a wish: dial this device now, and forget its backoff. */
    nudge: request<{ readonly deviceId: DeviceId; readonly cause: DialCause }, void>(),
    /** The same for every device that is not linked. */
    nudgeAll: request<{ readonly cause: DialCause }, void>(),
    status: request<Record<string, never>, { readonly devices: readonly ScheduledDevice[] }>(),
  },
  events: {
    /** Dial now. Exactly one of these must follow: `reportFailed`, or `setPeers` where the link is `up` or the device is gone. */
    'dial.due': event<{ readonly deviceId: DeviceId; readonly cause: DialCause; readonly failureCount: number }>(),
  },
});

export type ReconnectionSchedulerChannel = typeof reconnectionSchedulerChannel;
