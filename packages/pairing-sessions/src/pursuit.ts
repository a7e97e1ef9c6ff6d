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

/** How long a dial keeps its place while newer addresses wait for one, milliseconds; as in taking turns. */
const DIAL_TURN_MS = 2_000;

interface Dial {
  readonly beganAtMs: number;
  readonly letGo: AbortController;
}

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
  /** When its first candidate came, monotonic milliseconds. */
  readonly sinceMs: number;
  readonly self: PairingIdentity;
  readonly hints: RelayHints;
  readonly timeoutMs: number;
  /** Ends the pursuit: dials are cancelled, and a connection that was not kept is closed. */
  readonly signal: AbortSignal;
  /** A fresh one for every dial. */
  readonly prepare: () => Talk;
  /** Whether nobody but mDNS has told of this endpoint. */
  readonly isFromStranger: () => boolean;
  /** Whether a further dial of this endpoint would take the place of another's. */
  readonly isCrowded: () => boolean;
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
  /** Dials under way. */
  dialCount(): number;
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
  /** The longest under way first. */
  const dials = new Set<Dial>();
  let isTalking = false;
  let isDone = false;
  let cancelRetry: (() => void) | null = null;
  let cancelReplacing: (() => void) | null = null;

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

  const attempt = async (via: DiscoverySource, letGo: AbortSignal): Promise<void> => {
    await hints.give(endpointId, known.relayUrls);
    const { directAddresses, relayUrls } = known;
    const talk = input.prepare();
    const { firstFrame } = talk;
    const throughRelay = relayUrls.length > 0;
    const way = { from: self.endpointId, to: endpointId, alpn, directAddresses, throughRelay };
    const trust = { isHearsay: true, isFromStranger: input.isFromStranger() };
    const connection = await connections.dial({ ...way, ...trust, timeoutMs, firstFrame }, { signal: letGo });
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
    if (dials.size === 0 && !isDone) retryLater(via, outcome);
  };

  /** Once the oldest dial has had its turn: it may wait at addresses that somebody made up. */
  const replaceLater = (via: DiscoverySource): void => {
    const [oldest] = dials;
    if (oldest === undefined || cancelReplacing !== null) return;
    const restMs = Math.max(oldest.beganAtMs + DIAL_TURN_MS - clock.monotonicMs(), 0);
    cancelReplacing = clock.setTimer(restMs, () => {
      cancelReplacing = null;
      // Somebody with this key is reached, and no address is needed any more.
      if (isTalking) return;
      if (dials.delete(oldest)) oldest.letGo.abort();
      start(via);
    });
  };

  const start = (via: DiscoverySource): void => {
    if (isDone || signal.aborted) return;
    if (dials.size >= MAX_DIALS || (dials.size > 0 && input.isCrowded())) {
      replaceLater(via);
      return;
    }
    const dial: Dial = { beganAtMs: clock.monotonicMs(), letGo: new AbortController() };
    dials.add(dial);
    void attempt(via, AbortSignal.any([signal, dial.letGo.signal])).then(
      () => {
        dials.delete(dial);
        input.onChanged();
      },
      (error: unknown) => {
        // What made room for a newer one has not failed.
        if (dials.delete(dial)) noteFailure(via, error);
        input.onChanged();
      },
    );
  };

  signal.addEventListener(
    'abort',
    () => {
      cancelRetry?.();
      cancelReplacing?.();
    },
    { once: true },
  );

  return {
    sinceMs: input.sinceMs,
    address: () => ({ endpointId, ...known }),
    follow: ({ source, address }) => {
      const before = known;
      const isNewDirect = address.directAddresses.some((each) => !before.directAddresses.includes(each));
      const isNewRelay = address.relayUrls.some((each) => !before.relayUrls.includes(each));
      if (!isNewDirect && !isNewRelay) return;
      // What was said last is kept: whoever was first on the local network may have made up all there is room for.
      known = mergeAddress(address, before);
      const isNewWay = isNewDirect || before.relayUrls.length === 0 || dials.size === 0;
      if (isNewWay) start(source);
      // A dial through the relay is under way: the switchboard sends it on over the new relays too.
      else void hints.give(endpointId, known.relayUrls);
    },
    isActive: () => !isDone && (dials.size > 0 || cancelRetry !== null),
    dialCount: () => dials.size,
  };
};
