import {
  brandAs,
  type ChannelClient,
  type Clock,
  type ConnectionId,
  type EndpointChannel,
  type EndpointId,
  OBSERVE_ALPN,
  type Random,
  type RelayObserver,
  type SocketAddress,
} from '@bowline/contracts';
import { decodeObserved, encodeAsk } from '@bowline/observe-protocol';

/** What asking takes. */
export interface AskComponents {
  readonly endpoint: ChannelClient<EndpointChannel>;
  readonly clock: Clock;
  readonly random: Random;
}

/**
 * Longest time from the first packet to the answer, milliseconds. Over an open network an ask takes two round trips (10
 * to 16 ms were measured); where UDP is blocked it never ends by itself.
 */
const ASK_TIMEOUT_MS = 4_000;

/** Bytes of a connection id. */
const CONNECTION_ID_BYTES = 16;

/**
 * Asks one observer at which address it sees the endpoint `from`. The question leaves from the socket that peers dial,
 * because a NAT translates each socket for itself.
 *
 * Rejects when the observer cannot be reached, says something else, or takes too long, and when `signal` aborts.
 */
export const askObserver = async (
  from: EndpointId,
  { endpointId: to, directAddresses }: RelayObserver,
  { endpoint, clock, random }: AskComponents,
  signal: AbortSignal,
): Promise<SocketAddress> => {
  const connectionId = brandAs<ConnectionId>(Buffer.from(random.bytes(CONNECTION_ID_BYTES)).toString('hex'));
  const answer = Promise.withResolvers<SocketAddress>();
  const fail = (reason: string) => (): void => answer.reject(new Error(reason));
  const onAbort = fail('the network changed, or the host stops');
  signal.addEventListener('abort', onAbort, { once: true });
  const cancels = [
    endpoint.on('frame.received', (received) => {
      if (received.connectionId !== connectionId) return;
      try {
        answer.resolve(decodeObserved(received.frame));
      } catch (error) {
        answer.reject(error);
      }
    }),
    endpoint.on('connection.closed', (closed) => {
      if (closed.connectionId === connectionId) fail(`the observer closed with ${closed.close.name ?? 'no name'}`)();
    }),
    clock.setTimer(ASK_TIMEOUT_MS, fail('the observer did not answer'), { unref: true }),
    () => signal.removeEventListener('abort', onAbort),
  ];
  const ask = async (): Promise<void> => {
    const dial = { from, to, connectionId, alpn: OBSERVE_ALPN, directAddresses, throughRelay: false };
    await endpoint.request('dial', { ...dial, timeoutMs: ASK_TIMEOUT_MS }, { signal });
    await endpoint.request('send', { connectionId, frame: encodeAsk() });
  };
  try {
    signal.throwIfAborted();
    ask().catch(answer.reject);
    return await answer.promise;
  } finally {
    for (const cancel of cancels) cancel();
    // A worker that died has closed it.
    endpoint.request('close', { connectionId, name: 'done', reason: '' }).catch(() => undefined);
  }
};
