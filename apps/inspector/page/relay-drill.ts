import { keptLinkDownPhrase, relayDownPhrase } from '@bowline/diagnosis/phrases';
import { signal } from '@preact/signals';
import { act } from './act.ts';
import type { ToldEvent } from './model.ts';

/** A login that was dropped to see what happens, and what happened. */
export interface RelayDrill {
  readonly url: string;
  readonly beganAtMs: number;
  /** In order, each with how long after the drop it happened, milliseconds. */
  readonly steps: readonly { readonly afterMs: number; readonly what: string }[];
  readonly isOver: boolean;
}

/** Steps shown of one drill; a login that comes and goes does not fill the page. */
const MAX_STEPS = 20;

export const drill = signal<RelayDrill | null>(null);

/** What an event says about the drill; `null`: nothing. */
const stepOf = (event: ToldEvent, url: string): { readonly what: string; readonly isOver: boolean } | null => {
  if (event.event === 'relay.stateChanged' && event.url === url) {
    return {
      what: event.downReason === null ? event.state : `${event.state}: ${relayDownPhrase(event.downReason)}`,
      isOver: event.state === 'connected',
    };
  }
  if (event.event === 'relay.homeChanged') return { what: `home moved: ${event.reason}`, isOver: false };
  if (event.event === 'device.routeChanged')
    return { what: `packets of ${event.name} take another relay`, isOver: false };
  if (event.event === 'device.disconnected')
    return { what: `${event.name} is disconnected: ${keptLinkDownPhrase(event.reason)}`, isOver: false };
  if (event.event === 'device.connected') return { what: `${event.name} is connected`, isOver: false };
  return null;
};

/** Takes what the device tells into the drill that is under way. */
export const noteDrillEvent = (event: ToldEvent): void => {
  const now = drill.value;
  if (now === null || now.isOver) return;
  const step = stepOf(event, now.url);
  if (step === null) return;
  const steps = [...now.steps, { afterMs: event.atMs - now.beganAtMs, what: step.what }].slice(-MAX_STEPS);
  drill.value = { ...now, steps, isOver: step.isOver };
};

/** Drops this device's login at a relay, and watches what comes of it. */
export const beginDrill = async (url: string): Promise<void> => {
  drill.value = { url, beganAtMs: Date.now(), steps: [], isOver: false };
  const done = await act<{ wasConnected: boolean }>('dropRelay', { url });
  if (done === undefined || !done.wasConnected) drill.value = null;
};
