import type { EndpointId, SocketAddress } from '@bowline/contracts';
import { BoundedMap } from '@bowline/limits';

/**
 * iroh sends the first packet of a dial to every address it knows for an endpoint, and the first answer counts. When a
 * different endpoint answers, the whole dial fails, also by relay; and iroh keeps the address for a minute after the
 * last attempt, so the next dials fail the same way. Whoever can make us dial an address (a stale record, an
 * advertisement on the LAN) could so keep a device unreachable.
 *
 * The guard lets iroh forget, and then dials so that it cannot happen again: by relay alone, after which iroh finds
 * direct paths inside the authenticated connection; or, without a relay, by one address at a time. A dial by hearsay
 * does not wait: it goes around iroh's memory.
 */
export interface ImpostorGuard {
  /** How to dial now. */
  plan(to: EndpointId, directAddresses: readonly SocketAddress[], canRelay: boolean, nowMs: number): DialPlan;
  /** A different endpoint answered a dial that used these addresses. */
  noteImpostor(to: EndpointId, directAddresses: readonly SocketAddress[], nowMs: number): void;
}

/** Dial these addresses (and the relay, if allowed), or wait. */
export type DialPlan =
  | { readonly kind: 'dial'; readonly directAddresses: readonly SocketAddress[] }
  | { readonly kind: 'wait'; readonly waitMs: number };

/** iroh forgets an address 60 s after the last attempt (measured: poisoned after 58 s, well after 62 s). */
const FORGETTING_MS = 62_000;

/** How long an endpoint is dialled with care after that, milliseconds: longer than an address is likely to be reused. */
const CARE_MS = 3_600_000;

/** Endpoints remembered; beyond it the oldest is forgotten, and an impostor can answer for it once more. */
const MAX_REMEMBERED = 256;

/** Addresses known to be somebody else's, for each endpoint. */
const MAX_WRONG_ADDRESSES = 32;

interface Suspicion {
  readonly quietUntilMs: number;
  readonly careUntilMs: number;
  /** Addresses dialled alone and answered by another: certainly wrong. */
  readonly wrong: readonly SocketAddress[];
}

/** One for each bound endpoint, because each has an iroh memory of its own. */
export const impostorGuard = (): ImpostorGuard => {
  const suspicions = new BoundedMap<EndpointId, Suspicion>(MAX_REMEMBERED);

  return {
    plan: (to, directAddresses, canRelay, nowMs) => {
      const suspicion = suspicions.get(to);
      if (suspicion === undefined || nowMs >= suspicion.careUntilMs) {
        suspicions.delete(to);
        return { kind: 'dial', directAddresses };
      }
      if (nowMs < suspicion.quietUntilMs) return { kind: 'wait', waitMs: suspicion.quietUntilMs - nowMs };
      if (canRelay) return { kind: 'dial', directAddresses: [] };
      const untried = directAddresses.filter((address) => !suspicion.wrong.includes(address));
      // When all have been wrong, somebody may have taken and left them: begin again.
      return { kind: 'dial', directAddresses: (untried.length > 0 ? untried : directAddresses).slice(0, 1) };
    },
    noteImpostor: (to, directAddresses, nowMs) => {
      const before = suspicions.get(to)?.wrong ?? [];
      const [only] = directAddresses;
      const isCertain = directAddresses.length === 1 && only !== undefined && !before.includes(only);
      const wrong = isCertain ? [...before, only].slice(-MAX_WRONG_ADDRESSES) : before;
      suspicions.set(to, { quietUntilMs: nowMs + FORGETTING_MS, careUntilMs: nowMs + CARE_MS, wrong });
    },
  };
};
