import type { PathKind, Reliability, TimelineEntry, TimelineKind } from '@bowline/contracts';

/** Ends that somebody asked for: the time until the next link is a choice, not an outage. */
const ASKED_FOR: ReadonlySet<string | null> = new Set(['goodbye', 'unpaired', 'closedHere', 'superseded']);

/** What tells of the device itself: before the first of these nothing is known of it, because it was not paired, say. */
const OF_THE_DEVICE: ReadonlySet<TimelineKind> = new Set([
  'device.paired',
  'device.connected',
  'device.disconnected',
  'path.changed',
]);

interface Walk {
  isRunning: boolean;
  /** Whether anything was told of the device yet. */
  isKnown: boolean;
  isConnected: boolean;
  path: PathKind | null;
  /** When the outage began that is not over. */
  outSinceMs: number | null;
}

/**
 * How well a device was connected between `sinceMs` and `nowMs`, from its timeline. Pure.
 *
 * Only time in which this device ran and had the other in its list is counted: an entry `host.started` takes the stretch
 * before it out, and nothing counts before the first entry that tells of the device. Where the clock was set back, what
 * came before stands at the moment it was set to.
 *
 * @param told in the order they happened; entries before `sinceMs` tell how things stood then
 */
export const reliabilityOf = (
  told: readonly TimelineEntry[],
  { sinceMs, nowMs }: { readonly sinceMs: number; readonly nowMs: number },
): Reliability => {
  const entries = inOrderOfTime(told, nowMs);
  const now: Walk = { isRunning: false, isKnown: false, isConnected: false, path: null, outSinceMs: null };
  const returns: number[] = [];
  let outages = 0;
  let observedMs = 0;
  let connectedMs = 0;
  let directMs = 0;
  let atMs = sinceMs;

  const passTo = (untilMs: number): void => {
    const spanMs = Math.max(0, untilMs - Math.max(atMs, sinceMs));
    atMs = Math.max(atMs, untilMs);
    if (!now.isRunning || !now.isKnown) return;
    observedMs += spanMs;
    if (!now.isConnected) return;
    connectedMs += spanMs;
    if (now.path === 'direct') directMs += spanMs;
  };

  for (const entry of entries) {
    // What it had not run for ended when it did not run any more.
    passTo(entry.kind === 'host.started' ? entry.atMs - (entry.durationMs ?? 0) : entry.atMs);
    if (entry.kind === 'host.started') {
      now.isConnected = false;
      now.outSinceMs = null;
      atMs = Math.max(atMs, entry.atMs);
    }
    const isCounted = entry.atMs >= sinceMs;
    switch (entry.kind) {
      case 'host.stopped':
        now.isConnected = false;
        now.outSinceMs = null;
        break;
      case 'device.connected':
        if (now.outSinceMs !== null && isCounted) returns.push(entry.atMs - now.outSinceMs);
        now.isConnected = true;
        now.path = entry.path;
        now.outSinceMs = null;
        break;
      case 'device.disconnected':
        if (now.isConnected && !ASKED_FOR.has(entry.cause)) {
          now.outSinceMs = entry.atMs;
          if (isCounted) outages += 1;
        }
        now.isConnected = false;
        break;
      case 'path.changed':
        // Where the line of the connection is no longer kept, this one says as much.
        now.isConnected = true;
        now.path = entry.path;
        now.outSinceMs = null;
        break;
      default:
        break;
    }
    now.isRunning = entry.kind !== 'host.stopped';
    now.isKnown ||= OF_THE_DEVICE.has(entry.kind);
  }
  passTo(nowMs);

  return {
    sinceMs,
    observedMs,
    connectedRatio: observedMs === 0 ? null : connectedMs / observedMs,
    directRatio: connectedMs === 0 ? null : directMs / connectedMs,
    outages,
    returnP50Ms: percentile(returns, 0.5),
    returnP95Ms: percentile(returns, 0.95),
  };
};

/** The same entries, none later than the one behind it or than now: a clock that was ahead for a while makes no time. */
const inOrderOfTime = (told: readonly TimelineEntry[], nowMs: number): readonly TimelineEntry[] => {
  let latestMs = nowMs;
  return told
    .toReversed()
    .map((entry) => {
      latestMs = Math.min(latestMs, entry.atMs);
      return { ...entry, atMs: latestMs };
    })
    .toReversed();
};

/** The smallest value that at least this share of the values does not exceed (nearest rank). */
const percentile = (values: readonly number[], share: number): number | null => {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? null;
};
