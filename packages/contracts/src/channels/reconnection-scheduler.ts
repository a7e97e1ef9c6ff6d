import { defineChannel, event, request } from '../channel-definition.ts';
import type { DeviceId } from '../ids.ts';

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

/**
 * Asked of, and told by, the one actor that decides who is dialled when. It dials nothing itself: it tells `dial.due`
 * and is told the outcome. One dial in flight for each device, a bounded number in all, and it never gives up.
 */
export const reconnectionSchedulerChannel = defineChannel({
  name: 'reconnection-scheduler',
  version: 1,
  requests: {
    /**
     * Starts caring for a device. Repeating it is harmless. It is due at once, or after `afterMs` where the other side is
     * about to dial; a sign of life makes it due before.
     */
    track: request<{ readonly deviceId: DeviceId; readonly afterMs?: number }, void>(),
    /** Stops caring; a dial in flight may still report its outcome, which is ignored. */
    untrack: request<{ readonly deviceId: DeviceId }, void>(),
    /** The link to a device is up, however it came to be. */
    reportLinked: request<{ readonly deviceId: DeviceId }, void>(),
    /** The link is down; `expected` when the other side said goodbye, so that it is not dialled at once. */
    reportUnlinked: request<{ readonly deviceId: DeviceId; readonly expected: boolean }, void>(),
    /** The dial asked for by `dial.due` failed; the next one waits. */
    reportFailed: request<{ readonly deviceId: DeviceId }, void>(),
    /** A sign of life or a wish: dial this device now, and forget its backoff. */
    nudge: request<{ readonly deviceId: DeviceId; readonly cause: DialCause }, void>(),
    /** The same for every device that is not linked. */
    nudgeAll: request<{ readonly cause: DialCause }, void>(),
    status: request<Record<string, never>, { readonly devices: readonly ScheduledDevice[] }>(),
  },
  events: {
    /** Dial now. Exactly one `reportLinked`, `reportFailed` or `untrack` must follow. */
    'dial.due': event<{ readonly deviceId: DeviceId; readonly cause: DialCause; readonly failureCount: number }>(),
  },
});

export type ReconnectionSchedulerChannel = typeof reconnectionSchedulerChannel;
