import { type Clock, type EndpointId, errorMessage, type Logger, parseEndpointId } from '@bowline/contracts';
import type { Incoming, Connection as NativeConnection, Endpoint as NativeEndpoint } from '@number0/iroh/index.js';
import { dialFailureOf } from './dial-failure.ts';
import { discardLate } from './discard-connection.ts';
import type { HandleCollector } from './handle-collector.ts';
import { type HandshakeShares, sourceOf } from './handshake-shares.ts';
import type { EndpointOptions } from './options.ts';
import { outcomeWithin } from './outcome-within.ts';

/** Handshakes under way, counted over all endpoints of the actor. */
export interface HandshakeBudget {
  pending: number;
  readonly shares: HandshakeShares;
}

/** What accepting needs of its endpoint. */
export interface AcceptorComponents {
  readonly native: NativeEndpoint;
  readonly budget: HandshakeBudget;
  readonly handles: HandleCollector;
  readonly options: EndpointOptions;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly onConnection: (native: NativeConnection) => void;
  /** The budget was spent. The remote is what the relay claims, `null` for a direct attempt. */
  readonly onRefused: (claimedRemote: EndpointId | null) => void;
}

/** A pause after iroh fails to hand out an incoming connection, milliseconds, so that a lasting failure does not spin. */
const ACCEPT_PAUSE_MS = 1_000;

/**
 * Takes incoming connections until the endpoint is closed. Every handshake runs on its own, so that one that stalls
 * holds up no other; it resolves when no more will come.
 */
export const acceptIncoming = async (components: AcceptorComponents): Promise<void> => {
  const { native, clock, logger } = components;
  for (;;) {
    try {
      const incoming = await native.acceptNext();
      if (incoming === null) return;
      // `shake` never rejects.
      void shake(components, incoming);
    } catch (error) {
      if (native.isClosed()) return;
      logger.error({ error: errorMessage(error) }, 'endpoint could not take an incoming connection');
      await new Promise<void>((resolve) => void clock.setTimer(ACCEPT_PAUSE_MS, resolve));
    }
  }
};

const shake = async (components: AcceptorComponents, incoming: Incoming): Promise<void> => {
  const { budget, handles, options, clock, logger } = components;
  if (budget.pending >= options.maxPendingHandshakes) {
    await refuse(components, incoming);
    handles.noteOver();
    return;
  }
  budget.pending += 1;
  let source: string | null = null;
  try {
    source = sourceOf(await incoming.remoteAddr());
    const share = budget.shares.take(source);
    if (share > options.maxPendingHandshakesPerSource) {
      await refuse(components, incoming);
      return;
    }
    // Half full: whoever comes now must first show that it receives at its address, which costs it a round trip. For
    // one source too, or somebody could use up another's share in its name.
    const isCrowded =
      budget.pending > options.maxPendingHandshakes / 2 || share > options.maxPendingHandshakesPerSource / 2;
    if (isCrowded && !(await incoming.remoteAddrValidated())) {
      await incoming.retry();
      return;
    }
    const handshake = finishHandshake(incoming);
    const outcome = await outcomeWithin(clock, options.handshakeTimeoutMs, handshake);
    if (outcome.kind === 'done') components.onConnection(outcome.value);
    else if (outcome.kind === 'late') discardLate(handshake, 'timed-out');
    else logger.debug({ error: dialFailureOf(outcome.error)?.reason ?? 'timed out' }, 'incoming handshake failed');
  } catch (error) {
    logger.debug({ error: errorMessage(error) }, 'incoming connection could not be handled');
  } finally {
    budget.pending -= 1;
    if (source !== null) budget.shares.release(source);
    handles.noteOver();
  }
};

const finishHandshake = async (incoming: Incoming): Promise<NativeConnection> => {
  const accepting = await incoming.accept();
  return accepting.connect();
};

const refuse = async (components: AcceptorComponents, incoming: Incoming): Promise<void> => {
  try {
    const { endpointId } = await incoming.remoteAddr();
    await incoming.refuse();
    components.onRefused(endpointId === undefined ? null : (parseEndpointId(endpointId) ?? null));
  } catch (error) {
    components.logger.debug({ error: errorMessage(error) }, 'incoming connection could not be refused');
  }
};
