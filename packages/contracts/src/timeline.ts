import type { PathKind } from './addresses.ts';
import type { DeviceId, RelayUrl } from './ids.ts';

/** What a line of a device's timeline tells. */
export type TimelineKind =
  /** This device began to run; `durationMs` is how long it had not. */
  | 'host.started'
  /** This device ended in order. */
  | 'host.stopped'
  | 'device.paired'
  | 'device.connected'
  /** `cause` is the reason of the link's end. */
  | 'device.disconnected'
  /** Direct or relayed, or another address; `cause` says why. */
  | 'path.changed'
  /** Another relay carries the traffic; `cause` says why. */
  | 'route.changed'
  | 'device.renamed'
  | 'budget.crossed'
  | 'worker.restarted'
  | 'network.changed';

/** One thing that happened to a paired device, or to this one with an effect on all. */
export interface TimelineEntry {
  /** Wall clock, milliseconds. */
  readonly atMs: number;
  readonly kind: TimelineKind;
  readonly path: PathKind | null;
  readonly relay: RelayUrl | null;
  /** A stable code, or a sentence of a relay decision; at most 200 characters. */
  readonly cause: string | null;
  /** How long what it ends had lasted, milliseconds; `null` where it ends nothing. */
  readonly durationMs: number | null;
}

/** What happened to a device over a stretch of time, oldest first, and what follows from it. */
export interface DeviceTimeline {
  readonly entries: readonly TimelineEntry[];
  readonly reliability: Reliability;
}

/** A line of a timeline with whose it is; `null`: of this device, with an effect on all. */
export type TimelineRecord = TimelineEntry & { readonly deviceId: DeviceId | null };

/** How well a device was connected over a stretch of time. */
export interface Reliability {
  readonly sinceMs: number;
  /** Time this device ran, milliseconds: only then can it know. */
  readonly observedMs: number;
  /** Share of the observed time, 0 to 1; `null` when nothing was observed. */
  readonly connectedRatio: number | null;
  /** Share of the connected time on a direct path, 0 to 1; `null` when it never was connected. */
  readonly directRatio: number | null;
  /** Ends of a link that were not asked for, each until the next link. */
  readonly outages: number;
  /** Time from such an end to the next link, milliseconds; `null` without one. */
  readonly returnP50Ms: number | null;
  readonly returnP95Ms: number | null;
}
