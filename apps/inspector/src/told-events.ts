import type { Cancel, Clock, HostEvent } from '@bowline/contracts';
import type { InspectedHost } from './inspected-host.ts';
import { toldJson } from './told-json.ts';

/** How long events are kept for a page whose stream ended and that may open another one, milliseconds: it does so every two seconds. */
export const KEPT_FOR_MS = 60_000;

/** Events kept for such a page; of a busy device that is some seconds. */
export const MAX_KEPT = 500;

/** Together they are at most so long, bytes: a page that comes back is sent them in one go. */
export const MAX_KEPT_BYTES = 524_288;

/** One event of the host as pages are sent it. */
export interface ToldLine {
  /** Which one it is: a page that comes back names the last one it has. */
  readonly id: string;
  readonly json: string;
}

/** The events of a host for all pages: heard once, and numbered, so that a page that was cut off misses none and sees none twice. */
export interface ToldEvents {
  /**
   * Hands on what happens from now on.
   *
   * @param afterId of the last event the page has; `null` for a page that begins
   */
  listen(afterId: string | null, onTold: (line: ToldLine) => void): ToldListening;
  /** Hears no more of the host. */
  stop(): void;
}

/** One page that listens. */
export interface ToldListening {
  /** What happened since the event it had last, oldest first; `null` where that is not known any more. */
  readonly missed: readonly ToldLine[] | null;
  /** The last event so far: with it a page comes back that hears of none. */
  readonly lastId: string;
  readonly cancel: Cancel;
}

interface ToldComponents {
  readonly host: Pick<InspectedHost, 'onAny'>;
  readonly clock: Clock;
  /** Of this run: numbers of another one are not taken for these. */
  readonly runId: string;
}

/** Hears the host only while somebody listens, and for {@link KEPT_FOR_MS} after the last one left. */
export const toldEvents = ({ host, clock, runId }: ToldComponents): ToldEvents => {
  const listeners = new Set<(line: ToldLine) => void>();
  let kept: ToldLine[] = [];
  let keptBytes = 0;
  let count = 0;
  let cancelHost: Cancel | null = null;
  let cancelTimer: Cancel = () => undefined;

  const note = (event: HostEvent): void => {
    count += 1;
    const line = { id: `${runId}-${count}`, json: toldJson(event, clock.nowMs()) };
    kept.push(line);
    keptBytes += Buffer.byteLength(line.json);
    while (kept.length > MAX_KEPT || keptBytes > MAX_KEPT_BYTES)
      keptBytes -= Buffer.byteLength(kept.shift()?.json ?? '');
    for (const listener of [...listeners]) listener(line);
  };

  const stop = (): void => {
    cancelTimer();
    cancelHost?.();
    cancelHost = null;
    kept = [];
    keptBytes = 0;
    // What happens while nobody hears is as a number that is left out.
    count += 1;
  };

  /** What came after an event; `null` where it is not known any more, or never was. */
  const since = (afterId: string): readonly ToldLine[] | null => {
    const [run, number = ''] = afterId.split('-');
    const missing = count - Number(number);
    if (run !== runId || !/^[0-9]{1,15}$/.test(number) || missing < 0 || missing > kept.length) return null;
    return missing === 0 ? [] : kept.slice(-missing);
  };

  const lastId = (): string => `${runId}-${count}`;

  return {
    listen: (afterId, onTold) => {
      cancelTimer();
      cancelHost ??= host.onAny(note);
      listeners.add(onTold);
      return {
        missed: afterId === null ? [] : since(afterId),
        lastId: lastId(),
        cancel: () => {
          if (!listeners.delete(onTold) || listeners.size > 0) return;
          cancelTimer = clock.setTimer(KEPT_FOR_MS, stop, { unref: true });
        },
      };
    },
    stop,
  };
};
