import { type Clock, type EndpointId, OBSERVE_ALPN, type RelayObserver, type SocketAddress } from '@bowline/contracts';
import type { EndpointConnections } from '@bowline/endpoint-connections';
import { decodeObserved, encodeAsk } from '@bowline/observe-protocol';

/** What asking takes. */
export interface AskComponents {
  readonly connections: Pick<EndpointConnections, 'dial'>;
  readonly clock: Clock;
}

/** Who is asked, and by which endpoint. */
export interface AskInput {
  readonly from: EndpointId;
  readonly observer: RelayObserver;
}

/**
 * Longest time from the first packet to the answer, milliseconds. Over an open network an ask takes two round trips (10
 * to 16 ms were measured); where UDP is blocked it never ends by itself.
 */
const ASK_TIMEOUT_MS = 4_000;

/**
 * A task: asks one observer at which address it sees the endpoint `from`. The question leaves from the socket that peers
 * dial, because a NAT translates each socket for itself.
 *
 * Rejects when the observer cannot be reached, says something else, or takes too long, and when `signal` aborts.
 */
export const askObserver = async (
  { from, observer: { endpointId: to, directAddresses } }: AskInput,
  { connections, clock }: AskComponents,
  { signal }: { readonly signal: AbortSignal },
): Promise<SocketAddress> => {
  const endsAtMs = clock.monotonicMs() + ASK_TIMEOUT_MS;
  const dial = { from, to, alpn: OBSERVE_ALPN, directAddresses, throughRelay: false, timeoutMs: ASK_TIMEOUT_MS };
  const connection = await connections.dial(dial, { signal });
  try {
    await connection.send(encodeAsk());
    const timeoutMs = Math.max(1, endsAtMs - clock.monotonicMs());
    return decodeObserved(await connection.nextFrame({ timeoutMs, signal }));
  } finally {
    await connection.close('done', '');
  }
};
