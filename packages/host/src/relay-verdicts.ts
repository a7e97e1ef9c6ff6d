import type { RelayAnswer, RelayStatus, RelayUrl } from '@bowline/contracts';
import { probeRelays } from './probe-relays.ts';
import type { System } from './system.ts';

/** Longest wait for the connections: a login takes some round trips, and a relay that says nothing is down after 10 s. */
const CONNECTING_MS = 12_000;

type Judged = Pick<RelayStatus, 'url' | 'state' | 'downReason'>;

/** What this device's own connections to relays have come to. */
export interface RelayVerdicts {
  /**
   * Says of each relay how it stands, once those of them that this device connects to are connected or down. A relay it
   * keeps for later is asked beside.
   */
  answers(urls: readonly RelayUrl[]): Promise<readonly RelayAnswer[]>;
  cancel(): void;
}

/**
 * Judges relays by this device's own connections, which know its authorities, proxy and token: what answers a question beside
 * them may refuse this device all the same, and what does not may be reached by them. Begins listening at once: call it before
 * relays are chosen.
 */
export const relayVerdicts = (system: Pick<System, 'parts' | 'clock'>): RelayVerdicts => {
  const { parts, clock } = system;
  const { client } = parts.switchboard;
  const known = new Map<RelayUrl, Judged>();
  let look = (): void => undefined;
  const cancel = client.on('relay.stateChanged', (told) => {
    // The first that it comes to counts: it goes on trying.
    if (known.get(told.url)?.state !== 'down' || told.state === 'connected') known.set(told.url, told);
    look();
  });

  const untilJudged = async (urls: readonly RelayUrl[]): Promise<void> => {
    // While the switchboard is being restarted, its relays tell their states as they come.
    const { relays } = await client.request('status', {}).catch(() => ({ relays: [] }));
    for (const relay of relays) if (!known.has(relay.url)) known.set(relay.url, relay);
    const { promise, resolve } = Promise.withResolvers<void>();
    look = () => {
      const own = urls.flatMap((url) => known.get(url) ?? []);
      if (own.length > 0 && own.every(({ state }) => state !== 'connecting')) resolve();
    };
    const cancelTimer = clock.setTimer(CONNECTING_MS, resolve);
    look();
    await promise;
    cancelTimer();
  };

  return {
    answers: async (urls) => {
      if (urls.length === 0) return [];
      const [probed] = await Promise.all([probeRelays(system, urls), untilJudged(urls)]);
      return probed.map((answer) => {
        const own = known.get(answer.url);
        if (own?.state === 'connected') return { ...answer, problem: null };
        if (own?.state === 'down' && own.downReason !== null) {
          return { url: answer.url, rttMs: null, problem: problemOf(own.downReason, answer.problem) };
        }
        return answer;
      });
    },
    cancel,
  };
};

/** What the question beside has heard is more of the same reason, and nothing of another. */
const problemOf = (reason: NonNullable<Judged['downReason']>, asked: string | null): string =>
  asked?.startsWith(`${reason}:`) === true ? asked : reason;
