import type { TimelineEntry } from '@bowline/contracts';
import { keptLinkDownPhrase, namePhrase } from '@bowline/diagnosis/phrases';
import { duration, relayName } from './words.ts';

/** How a device stood for a while. */
export interface Band {
  readonly state: 'direct' | 'relay' | 'unknown-path' | 'offline' | 'not-running';
  readonly fromMs: number;
  readonly untilMs: number;
  /** What began it, for a tooltip. */
  readonly because: string;
}

/** Turns a timeline, oldest first, into bands between two moments. Pure. */
export const bandsOf = (entries: readonly TimelineEntry[], sinceMs: number, nowMs: number): readonly Band[] => {
  const bands: Band[] = [];
  let state: Band['state'] | null = null;
  let fromMs = sinceMs;
  let because = '';
  const pass = (untilMs: number, next: Band['state'] | null, why: string): void => {
    if (state !== null && untilMs > fromMs) bands.push({ state, fromMs, untilMs, because });
    state = next;
    fromMs = Math.max(fromMs, untilMs);
    because = why;
  };
  for (const { atMs, kind, path, relay, cause, durationMs } of entries) {
    const through = relay === null ? '' : ` ${relayName(relay)}`;
    if (kind === 'host.started') {
      pass(
        Math.max(sinceMs, atMs - (durationMs ?? 0)),
        durationMs === null ? null : 'not-running',
        'this device did not run',
      );
      pass(atMs, 'offline', 'this device started');
    } else if (kind === 'host.stopped') {
      pass(atMs, 'not-running', 'this device stopped');
    } else if (kind === 'device.disconnected') {
      pass(atMs, 'offline', cause === null ? '' : keptLinkDownPhrase(cause));
    } else if (kind === 'device.connected' || kind === 'path.changed') {
      pass(atMs, path ?? 'unknown-path', `${cause ?? 'connected'}${through}`);
    }
  }
  pass(nowMs, null, '');
  return bands;
};

const WIDTH = 600;
const HEIGHT = 16;

const WORDS: Readonly<Record<Band['state'], string>> = {
  direct: 'direct',
  relay: 'through a relay',
  'unknown-path': 'connected',
  offline: 'not connected',
  'not-running': 'this device did not run',
};

/** A day of one device: how it was reached, and when it was not. */
export const TimelineBands = ({
  bands,
  sinceMs,
  nowMs,
  name,
}: {
  readonly bands: readonly Band[];
  readonly sinceMs: number;
  readonly nowMs: number;
  readonly name: string;
}) => {
  const x = (atMs: number): number => ((atMs - sinceMs) / Math.max(1, nowMs - sinceMs)) * WIDTH;
  const shares = (Object.keys(WORDS) as Band['state'][]).flatMap((state) => {
    const ms = bands.reduce((sum, band) => (band.state === state ? sum + band.untilMs - band.fromMs : sum), 0);
    return ms === 0 ? [] : [`${WORDS[state]} ${duration(ms)}`];
  });
  return (
    <svg
      class="bands"
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      preserveAspectRatio="none"
      role="img"
      aria-label={`The last day of ${namePhrase(name)}: ${shares.join(', ') || 'nothing is known'}`}
    >
      {bands.map(({ state, fromMs, untilMs, because }) => (
        <rect
          key={fromMs}
          class={`band ${state}`}
          x={x(fromMs)}
          width={Math.max(0.5, x(untilMs) - x(fromMs))}
          height={HEIGHT}
        >
          <title>{`${WORDS[state]}, ${duration(untilMs - fromMs)}: ${because}`}</title>
        </rect>
      ))}
    </svg>
  );
};
