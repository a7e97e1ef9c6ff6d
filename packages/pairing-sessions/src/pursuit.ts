import {
  type Candidate,
  type DiscoverySource,
  type EndpointAddress,
  type EndpointId,
  errorCode,
  errorMessage,
  PAIR_ALPN,
  type PairingIdentity,
  RENDEZVOUS_ALPN,
} from '@bowline/contracts';
import type { PeerConnection } from '@bowline/endpoint-connections';
import { type AttemptOutcome, attemptOutcomeOf } from './attempt-outcome.ts';
import type { PairingContext } from './components.ts';
import { type KnownAddress, mergeAddress, NO_ADDRESS } from './known-address.ts';
import { closeNameOf } from './pair-door.ts';

/** Dials of one endpoint at once: a new address is worth a new dial, because iroh adds it to those it is trying. */
const MAX_DIALS = 4;

/** What a pursuit tells its search. */
export interface PursuitListener {
  /** Talks on a fresh connection. Resolves when the talk settled the search or told it more; rejects otherwise. */
  talk(connection: PeerConnection, via: DiscoverySource): Promise<void>;
  failed(via: DiscoverySource, outcome: AttemptOutcome): void;
  /** Something ended; the search may be over. */
  changed(): void;
}

/** Everything about reaching one endpoint id: its addresses, the dials under way, the one connection that talks. */
export interface Pursuit {
  /** All that is known of where the endpoint is. */
  address(): EndpointAddress;
  /** Adds what a candidate says and dials if it says anything new. */
  follow(candidate: Candidate): void;
  /** Whether anything may still come of it. */
  isActive(): boolean;
}

export const pursuit = (
  { connections, switchboard, clock, options, logger }: PairingContext,
  self: PairingIdentity,
  target: Pick<Candidate, 'kind'> & { readonly endpointId: EndpointId },
  { signal, timeoutMs }: { readonly signal: AbortSignal; readonly timeoutMs: number },
  listener: PursuitListener,
): Pursuit => {
  const { endpointId, kind } = target;
  const alpn = kind === 'device' ? PAIR_ALPN : RENDEZVOUS_ALPN;
  let known: KnownAddress = NO_ADDRESS;
  let dials = 0;
  let isTalking = false;
  let isDone = false;
  let cancelRetry: (() => void) | null = null;

  const hint = async (): Promise<void> => {
    if (known.relayUrls.length === 0) return;
    try {
      await switchboard.request('hintPeer', { endpointId, relayUrls: known.relayUrls });
    } catch (error) {
      logger.debug({ error: errorMessage(error) }, 'relays of a candidate not hinted');
    }
  };

  const converse = async (connection: PeerConnection, via: DiscoverySource): Promise<void> => {
    if (isTalking || isDone || signal.aborted) return connection.close(isTalking ? 'duplicate' : 'cancelled', '');
    isTalking = true;
    try {
      await listener.talk(connection, via);
      isDone = true;
    } catch (error) {
      void connection.close(closeNameOf(error), '');
      throw error;
    } finally {
      isTalking = false;
    }
  };

  const attempt = async (via: DiscoverySource): Promise<void> => {
    await hint();
    const { directAddresses, relayUrls } = known;
    const dial = { from: self.endpointId, to: endpointId, alpn, directAddresses, throughRelay: relayUrls.length > 0 };
    const connection = await connections.dial({ ...dial, timeoutMs }, { signal });
    await converse(connection, via);
  };

  const retryLater = (via: DiscoverySource): void => {
    cancelRetry?.();
    cancelRetry = clock.setTimer(options.retryMs, () => {
      cancelRetry = null;
      start(via);
    });
  };

  const noteFailure = (via: DiscoverySource, error: unknown): void => {
    if (signal.aborted) return;
    logger.debug({ via, code: errorCode(error), error: errorMessage(error) }, 'candidate led nowhere');
    listener.failed(via, attemptOutcomeOf(error));
    if (dials === 0 && !isDone) retryLater(via);
  };

  const start = (via: DiscoverySource): void => {
    if (dials >= MAX_DIALS || isDone || signal.aborted) return;
    dials += 1;
    void attempt(via).then(
      () => {
        dials -= 1;
        listener.changed();
      },
      (error: unknown) => {
        dials -= 1;
        noteFailure(via, error);
        listener.changed();
      },
    );
  };

  signal.addEventListener('abort', () => cancelRetry?.(), { once: true });

  return {
    address: () => ({ endpointId, ...known }),
    follow: ({ source, address }) => {
      const before = known;
      known = mergeAddress(known, address);
      if (known === before) return;
      const isNewWay =
        known.directAddresses.length > before.directAddresses.length || before.relayUrls.length === 0 || dials === 0;
      if (isNewWay) start(source);
      // A dial through the relay is under way: the switchboard sends it on over the new relays too.
      else void hint();
    },
    isActive: () => !isDone && (dials > 0 || cancelRetry !== null),
  };
};
