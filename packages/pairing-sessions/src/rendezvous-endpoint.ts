import { errorCode, errorMessage, RENDEZVOUS_ALPN } from '@bowline/contracts';
import type { PairingKeys } from '@bowline/pairing-code';
import { PAIR_MAX_FRAME_BYTES } from '@bowline/pairing-protocol';
import type { SessionComponents } from './components.ts';

/**
 * Only the relay leads here. On loopback alone the endpoint has no address to give away: iroh tells a peer the
 * addresses of its endpoint before anything is proven.
 */
const BIND_ADDRESSES = ['127.0.0.1'];

/** The endpoint derived from one code, through which the words alone lead to this device. */
export interface RendezvousEndpoint {
  /** Opens it if this device has a relay, closes it if it has none any more. Never rejects. */
  refresh(): Promise<void>;
  /** The endpoint worker may have died, and this with it; `refresh` opens it again. */
  forget(): void;
  /** Closes it for good. Never rejects. */
  close(): Promise<void>;
}

type RendezvousEndpointComponents = Pick<SessionComponents, 'endpoint' | 'switchboard' | 'self' | 'logger' | 'options'>;

export const rendezvousEndpoint = (
  { endpoint, switchboard, self, logger, options }: RendezvousEndpointComponents,
  { rendezvousSecretKey: secretKey, rendezvousEndpointId: endpointId }: PairingKeys,
): RendezvousEndpoint => {
  /** The loopback relay it was bound to last. */
  let boundTo: string | null = null;
  /** As far as is known. */
  let isBound = false;
  /** Whether there may be anything to close: the endpoint, or its key in the switchboard. */
  let mayBeOpen = false;
  let isClosed = false;
  let last: Promise<void> = Promise.resolve();

  /** @returns whether it was not bound before */
  const bind = async (loopbackRelayUrl: string): Promise<boolean> => {
    const protocol = {
      alpn: RENDEZVOUS_ALPN,
      admit: 'anyone',
      maxFrameBytes: PAIR_MAX_FRAME_BYTES,
      // The limiter makes room for a newcomer, and has to see it for that.
      maxIncoming: 2 * options.maxUnproven,
    } as const;
    try {
      const protocols = [protocol];
      await endpoint.request('bind', { secretKey, protocols, loopbackRelayUrl, bindAddresses: BIND_ADDRESSES });
      return true;
    } catch (error) {
      if (errorCode(error) !== 'ENDPOINT_ALREADY_BOUND') throw error;
      return false;
    }
  };

  const open = async (loopbackRelayUrl: string): Promise<void> => {
    mayBeOpen = true;
    // A switchboard that was restarted has forgotten the key; telling it again is harmless.
    await switchboard.request('admit', { secretKey });
    const isNew = !isBound && (await bind(loopbackRelayUrl));
    if (!isNew && boundTo !== loopbackRelayUrl)
      await endpoint.request('replaceRelay', { endpointId, loopbackRelayUrl });
    boundTo = loopbackRelayUrl;
    isBound = true;
  };

  const shut = async (): Promise<void> => {
    boundTo = null;
    isBound = false;
    mayBeOpen = false;
    const results = await Promise.allSettled([
      endpoint.request('unbind', { endpointId }),
      switchboard.request('dismiss', { endpointId }),
    ]);
    for (const result of results) {
      if (result.status === 'rejected') logger.debug({ error: errorMessage(result.reason) }, 'rendezvous not closed');
    }
  };

  const follow = async (): Promise<void> => {
    const identity = self.current();
    const loopbackRelayUrl = identity?.loopbackRelayUrl ?? null;
    const isWanted = !isClosed && identity !== null && identity.relayUrls.length > 0;
    if (isWanted && loopbackRelayUrl !== null) await open(loopbackRelayUrl);
    else if (mayBeOpen) await shut();
  };

  /** One step after the other: a close must not overtake the opening it ends. */
  const inTurn = (step: () => Promise<void>): Promise<void> => {
    last = last.then(step).catch((error: unknown) => {
      logger.warn({ error: errorMessage(error) }, 'rendezvous not open, the code is found by mdns or ticket only');
    });
    return last;
  };

  return {
    refresh: () => inTurn(follow),
    forget: () => {
      isBound = false;
    },
    close: () => {
      isClosed = true;
      return inTurn(follow);
    },
  };
};
