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
import type { RelayHints } from './relay-hints.ts';

/** Dials of one endpoint at once: a new address is worth a new dial, because iroh adds it to those it is trying. */
const MAX_DIALS = 4;

/** What is to be said on one connection, made before there is one: the first frame leaves with it. */
export interface Talk {
  readonly firstFrame: Uint8Array;
  /**
   * Goes on from there. Resolves when there is nothing more to get from this endpoint; rejects otherwise.
   *
   * @param keep to be called before it resolves if the connection is to outlive the pursuit.
   */
  converse(connection: PeerConnection, via: DiscoverySource, keep: () => void): Promise<void>;
}

export interface PursuitInput {
  readonly endpointId: EndpointId;
  readonly kind: Candidate['kind'];
  readonly self: PairingIdentity;
  readonly hints: RelayHints;
  readonly timeoutMs: number;
  /** Ends the pursuit: dials are cancelled, and a connection that was not kept is closed. */
  readonly signal: AbortSignal;
  /** A fresh one for every dial. */
  readonly prepare: () => Talk;
  readonly onFailed: (via: DiscoverySource, outcome: AttemptOutcome) => void;
  /** Something ended; the search may be over. */
  readonly onChanged: () => void;
}

/** Everything about reaching one endpoint id: its addresses, the dials under way, the one connection that talks. */
export interface Pursuit {
  /** When its first candidate came, monotonic milliseconds. */
  readonly sinceMs: number;
  /** All that is known of where the endpoint is. */
  address(): EndpointAddress;
  /** Adds what a candidate says and dials if it says anything new. */
  follow(candidate: Candidate): void;
  /** Whether anything may still come of it. */
  isActive(): boolean;
}

export const pursuit = (
  {
    connections,
    clock,
    random,
    options,
    logger,
  }: Pick<PairingContext, 'connections' | 'clock' | 'random' | 'options' | 'logger'>,
  input: PursuitInput,
): Pursuit => {
  const { endpointId, signal, hints, self, timeoutMs } = input;
  const alpn = input.kind === 'device' ? PAIR_ALPN : RENDEZVOUS_ALPN;
  let known: KnownAddress = NO_ADDRESS;
  let dials = 0;
  let isTalking = false;
  let isDone = false;
  let cancelRetry: (() => void) | null = null;

  const converse = async (talk: Talk, connection: PeerConnection, via: DiscoverySource): Promise<void> => {
    if (isTalking || isDone || signal.aborted) return connection.close(isTalking ? 'duplicate' : 'cancelled', '');
    const letGo = (): void => void connection.close('cancelled', '');
    const keep = (): void => signal.removeEventListener('abort', letGo);
    signal.addEventListener('abort', letGo, { once: true });
    isTalking = true;
    try {
      await talk.converse(connection, via, keep);
      isDone = true;
    } catch (error) {
      void connection.close(closeNameOf(error), '');
      throw error;
    } finally {
      isTalking = false;
      keep();
    }
  };

  const attempt = async (via: DiscoverySource): Promise<void> => {
    await hints.give(endpointId, known.relayUrls);
    const { directAddresses, relayUrls } = known;
    const talk = input.prepare();
    const { firstFrame } = talk;
    const way = { from: self.endpointId, to: endpointId, alpn, directAddresses, throughRelay: relayUrls.length > 0 };
    const connection = await connections.dial({ ...way, timeoutMs, firstFrame }, { signal });
    await converse(talk, connection, via);
  };

  const retryLater = (via: DiscoverySource, { isBusy }: AttemptOutcome): void => {
    cancelRetry?.();
    // By lot: in step with whoever keeps it busy, every try would come at the wrong moment.
    const pauseMs = isBusy ? options.busyRetryMs * (0.5 + random.ratio()) : options.retryMs;
    cancelRetry = clock.setTimer(pauseMs, () => {
      cancelRetry = null;
      start(via);
    });
  };

  const noteFailure = (via: DiscoverySource, error: unknown): void => {
    if (signal.aborted) return;
    logger.debug({ via, code: errorCode(error), error: errorMessage(error) }, 'candidate led nowhere');
    const outcome = attemptOutcomeOf(error);
    input.onFailed(via, outcome);
    // Who answered without the code will not hold it a second later.
    if (outcome.code !== null && outcome.code !== 'BUSY') isDone = true;
    if (dials === 0 && !isDone) retryLater(via, outcome);
  };

  const start = (via: DiscoverySource): void => {
    if (dials >= MAX_DIALS || isDone || signal.aborted) return;
    dials += 1;
    void attempt(via).then(
      () => {
        dials -= 1;
        input.onChanged();
      },
      (error: unknown) => {
        dials -= 1;
        noteFailure(via, error);
        input.onChanged();
      },
    );
  };

  signal.addEventListener('abort', () => cancelRetry?.(), { once: true });

  return {
    sinceMs: clock.monotonicMs(),
    address: () => ({ endpointId, ...known }),
    follow: ({ source, address }) => {
      const before = known;
      known = mergeAddress(known, address);
      if (known === before) return;
      const isNewWay =
        known.directAddresses.length > before.directAddresses.length || before.relayUrls.length === 0 || dials === 0;
      if (isNewWay) start(source);
      // A dial through the relay is under way: the switchboard sends it on over the new relays too.
      else void hints.give(endpointId, known.relayUrls);
    },
    isActive: () => !isDone && (dials > 0 || cancelRetry !== null),
  };
};
