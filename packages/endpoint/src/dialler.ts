import {
  type Clock,
  type ConnectionId,
  type DialInput,
  type EndpointId,
  InvalidOptionError,
  parseEndpointId,
  parseSocketAddress,
  type SocketAddress,
} from '@bowline/contracts';
import {
  EndpointAddr,
  type Connection as NativeConnection,
  EndpointId as NativeEndpointId,
} from '@number0/iroh/index.js';
import { asideDialler, type DialAlone } from './aside-dialler.ts';
import type { BoundIroh } from './bound-iroh.ts';
import { DIFFERENT_ENDPOINT_ANSWERED, dialFailureOf } from './dial-failure.ts';
import { discardConnection, discardLate } from './discard-connection.ts';
import {
  ConnectionIdInUseError,
  DialFailedError,
  type DialFailure,
  DialTimedOutError,
  RequestCancelledError,
} from './errors.ts';
import type { HandleCollector } from './handle-collector.ts';
import type { DialPlan } from './impostor-guard.ts';
import { textToNativeBytes, toNativeBytes } from './native-bytes.ts';
import type { EndpointOptions } from './options.ts';
import { type Outcome, outcomeWithin } from './outcome-within.ts';

/** Addresses of one dial; iroh sends a packet to each. */
const MAX_DIALLED_ADDRESSES = 32;

/** Longest timeout of a dial: iroh gives up after 30 s by itself, milliseconds. */
const MAX_DIAL_TIMEOUT_MS = 60_000;

/** Tries within one dial when a different endpoint answers first: the right one may be quicker the next time. */
const MAX_TRIES_AGAINST_IMPOSTORS = 5;

/** Of the attempts at once, the part that dials by hearsay leave: whoever makes addresses up must not keep links away. */
const KEPT_FOR_OTHERS = 1 / 4;

/** A dial of several addresses without an answer after this long may have been caught by a wrong one, milliseconds. */
const CAUGHT_AFTER_MS = 1_000;

/** Connects, any number at a time, each with a deadline of its own. */
export interface Dialler {
  dial(from: BoundIroh, input: DialInput, signal: AbortSignal): Promise<NativeConnection>;
  /** Ends one pending dial as cancelled; unknown ids are ignored. */
  abandon(connectionId: ConnectionId): void;
  /** Ends the pending dials of one endpoint, which is about to close. */
  abandonFrom(endpointId: EndpointId): void;
}

interface PendingDial {
  readonly from: EndpointId;
  readonly to: EndpointId;
  readonly fail: (error: Error) => void;
}

/**
 * One for the whole actor, so that its limit holds over all bound endpoints.
 *
 * Long because a dial that goes wrong is followed by others, each for a reason that stands beside it.
 */
export const dialler = (clock: Clock, options: EndpointOptions, handles: HandleCollector): Dialler => {
  const pending = new Map<ConnectionId, PendingDial>();
  const asides = asideDialler(clock);
  let nativeAttempts = 0;

  const planFor = (from: BoundIroh, { to, directAddresses, throughRelay }: DialInput): DialPlan => {
    const canRelay = throughRelay && from.relays.loopbackUrl() !== null;
    return from.impostors.plan(to, directAddresses.slice(0, MAX_DIALLED_ADDRESSES), canRelay, clock.monotonicMs());
  };

  const attemptNative = async (
    from: BoundIroh,
    input: DialInput,
    directAddresses: readonly SocketAddress[],
    isGivenUp: () => boolean,
  ): Promise<NativeConnection> => {
    nativeAttempts += 1;
    try {
      for (let tries = 1; ; tries += 1) {
        try {
          // One call with everything: iroh races the addresses and the relay itself, and dead addresses cost nothing.
          const address = nativeAddressOf(
            input,
            directAddresses,
            input.throughRelay ? from.relays.loopbackUrl() : null,
          );
          return await from.connect(address, textToNativeBytes(input.alpn));
        } catch (error) {
          if (dialFailureOf(error) !== DIFFERENT_ENDPOINT_ANSWERED) throw error;
          if (tries < MAX_TRIES_AGAINST_IMPOSTORS && !isGivenUp()) continue;
          from.impostors.noteImpostor(input.to, directAddresses, clock.monotonicMs());
          throw error;
        }
      }
    } finally {
      nativeAttempts -= 1;
      handles.noteOver();
    }
  };

  const attemptAside = async (from: BoundIroh, input: DialInput, isGivenUp: () => boolean) => {
    const alpn = textToNativeBytes(input.alpn);
    const dialAlone: DialAlone = async (native, address) => {
      try {
        return await native.connect(nativeAddressOf(input, [address], null), alpn);
      } finally {
        handles.noteOver();
      }
    };
    const directAddresses = input.directAddresses.slice(0, MAX_DIALLED_ADDRESSES);
    const connection = await asides.dial(from, directAddresses, dialAlone, isGivenUp);
    if (connection === null) throw new DialFailedError(input.to, NOBODY_ASIDE);
    return connection;
  };

  /** The bound endpoint as far as no impostor answers there, and what goes around it where anybody may have named the addresses. */
  const attempt = async (
    from: BoundIroh,
    input: DialInput,
    plan: DialPlan,
    isGivenUp: () => boolean,
  ): Promise<NativeConnection> => {
    if (plan.kind === 'wait') return attemptAside(from, input, isGivenUp);
    const bound = attemptNative(from, input, plan.directAddresses, isGivenUp);
    if (!mayGoAside(input)) return bound;
    const outcome = await outcomeWithin(clock, CAUGHT_AFTER_MS, bound);
    if (isGivenUp() || !isPerhapsCaught(outcome, input)) return bound;
    return firstOf(bound, attemptAside(from, input, isGivenUp));
  };

  const dial: Dialler['dial'] = (from, input, signal) => {
    checkDialInput(input);
    const { to, connectionId, timeoutMs } = input;
    if (pending.has(connectionId)) throw new ConnectionIdInUseError(connectionId);
    if (signal.aborted) throw new RequestCancelledError('dial');
    const isFromStranger = input.isFromStranger ?? input.isHearsay ?? false;
    const keptForOthers = isFromStranger ? Math.floor(options.maxPendingDials * KEPT_FOR_OTHERS) : 0;
    if (nativeAttempts >= options.maxPendingDials - keptForOthers) throw new DialFailedError(to, TOO_MANY_DIALS);
    const plan = planFor(from, input);
    if (plan.kind === 'wait' && !mayGoAside(input)) throw new DialFailedError(to, waitingToForget(plan.waitMs));
    const { promise, resolve, reject } = Promise.withResolvers<NativeConnection>();
    let isSettled = false;
    const attempted = attempt(from, input, plan, () => isSettled);
    const settle = (): boolean => {
      if (isSettled) return false;
      isSettled = true;
      pending.delete(connectionId);
      cancelTimer();
      signal.removeEventListener('abort', onAbort);
      return true;
    };
    /** iroh cannot cancel a connect: it goes on for up to 30 s, and what comes of it is closed. */
    const giveUp = (error: Error): void => {
      if (!settle()) return;
      discardLate(attempted, 'cancelled');
      reject(error);
    };
    const onAbort = (): void => giveUp(new RequestCancelledError('dial'));
    const cancelTimer = clock.setTimer(timeoutMs, () => giveUp(new DialTimedOutError(to, timeoutMs)));
    signal.addEventListener('abort', onAbort, { once: true });
    pending.set(connectionId, { from: from.endpointId, to, fail: giveUp });
    attempted.then(
      (native) => {
        if (settle()) resolve(native);
      },
      (error: unknown) => {
        if (settle()) reject(dialErrorOf(error, input));
      },
    );
    return promise;
  };

  return {
    dial: async (from, input, signal) => dial(from, input, signal),
    abandon: (connectionId) => pending.get(connectionId)?.fail(new RequestCancelledError('dial')),
    abandonFrom: (endpointId) => {
      for (const { from, to, fail } of [...pending.values()]) {
        if (from === endpointId) fail(new DialFailedError(to, ENDPOINT_CLOSED));
      }
    },
  };
};

const TOO_MANY_DIALS: DialFailure = Object.freeze({
  reason: 'too many dials are under way already',
  stage: 'dial',
  retryable: true,
});

const waitingToForget = (waitMs: number): DialFailure => ({
  reason: `a different endpoint answered at one of the known addresses, which is forgotten in ${Math.ceil(waitMs / 1_000)} s`,
  stage: 'dial',
  retryable: true,
});

const NOBODY_ASIDE: DialFailure = Object.freeze({
  reason: 'no endpoint of this id answered at any address',
  stage: 'dial',
  retryable: true,
});

const mayGoAside = ({ directAddresses, isHearsay = false }: DialInput): boolean =>
  isHearsay && directAddresses.length > 0;

/** Whether one address may have kept the others from being reached: until the key is shown, any of them can say anything. */
const isPerhapsCaught = (outcome: Outcome<NativeConnection>, { directAddresses }: DialInput): boolean => {
  if (outcome.kind === 'done') return false;
  const failure = outcome.kind === 'failed' ? dialFailureOf(outcome.error) : null;
  if (failure === DIFFERENT_ENDPOINT_ANSWERED) return true;
  return directAddresses.length > 1 && (outcome.kind === 'late' || failure?.stage === 'handshake');
};

/** The first to succeed, and the other is let go; the failure of the first when both fail. */
const firstOf = async (one: Promise<NativeConnection>, other: Promise<NativeConnection>): Promise<NativeConnection> => {
  try {
    const winner = await Promise.any([one, other]);
    for (const attempt of [one, other]) {
      attempt.then(
        (native) => {
          if (native !== winner) discardConnection(native, 'duplicate');
        },
        // One that fails after the other has won is as it should be.
        () => undefined,
      );
    }
    return winner;
  } catch {
    return one;
  }
};

const ENDPOINT_CLOSED: DialFailure = Object.freeze({
  reason: 'this endpoint was closed meanwhile',
  stage: 'dial',
  retryable: true,
});

const checkDialInput = ({ to, directAddresses, timeoutMs }: DialInput): void => {
  if (parseEndpointId(to) !== to) throw new InvalidOptionError('to', 'must be an endpoint id', to);
  for (const address of directAddresses) {
    if (parseSocketAddress(address) === undefined) {
      throw new InvalidOptionError('directAddresses', 'must hold socket addresses', address);
    }
  }
  if (!(timeoutMs > 0 && timeoutMs <= MAX_DIAL_TIMEOUT_MS)) {
    throw new InvalidOptionError('timeoutMs', `must be above 0 and at most ${MAX_DIAL_TIMEOUT_MS}`, timeoutMs);
  }
};

const nativeAddressOf = (
  { to }: DialInput,
  directAddresses: readonly SocketAddress[],
  relayUrl: string | null,
): EndpointAddr => {
  const id = NativeEndpointId.fromBytes(toNativeBytes(Buffer.from(to, 'hex')));
  return new EndpointAddr(id, relayUrl, [...directAddresses]);
};

const dialErrorOf = (error: unknown, input: DialInput): Error => {
  if (error instanceof DialFailedError) return error;
  const failure = dialFailureOf(error);
  return failure === null
    ? new DialTimedOutError(input.to, input.timeoutMs)
    : new DialFailedError(input.to, failure, error);
};
