import { errorCode, errorMessage, RENDEZVOUS_ALPN } from '@bowline/contracts';
import type { PairingKeys } from '@bowline/pairing-code';
import { PAIR_MAX_FRAME_BYTES } from '@bowline/pairing-protocol';
import type { PairingContext } from './components.ts';

/**
 * Only the relay leads here. On loopback alone the endpoint has no address to give away: iroh tells a peer the
 * addresses of its endpoint before anything is proven.
 */
const BIND_ADDRESSES = ['127.0.0.1'];

/** The endpoint derived from one code, through which the words alone lead to this device. */
export interface RendezvousPost {
  /** Opens it if this device has a relay, closes it if it has none any more. Never rejects. */
  refresh(): Promise<void>;
  /** The endpoint worker died, and the post with it; `refresh` opens it again. */
  forget(): void;
  /** Closes it for good. Never rejects. */
  close(): Promise<void>;
}

type PostContext = Pick<PairingContext, 'endpoint' | 'switchboard' | 'self' | 'logger' | 'options'>;

export const rendezvousPost = (
  { endpoint, switchboard, self, logger, options }: PostContext,
  { rendezvousSecretKey: secretKey, rendezvousEndpointId: endpointId }: PairingKeys,
): RendezvousPost => {
  /** The loopback relay it is bound to; `null` while it is not open. */
  let boundTo: string | null = null;
  let isClosed = false;
  let last: Promise<void> = Promise.resolve();

  const bind = async (loopbackRelayUrl: string): Promise<void> => {
    const protocol = {
      alpn: RENDEZVOUS_ALPN,
      admit: 'anyone',
      maxFrameBytes: PAIR_MAX_FRAME_BYTES,
      // The gate makes room for a newcomer, and has to see it for that.
      maxIncoming: 2 * options.maxUnproven,
    } as const;
    try {
      const protocols = [protocol];
      await endpoint.request('bind', { secretKey, protocols, loopbackRelayUrl, bindAddresses: BIND_ADDRESSES });
    } catch (error) {
      if (errorCode(error) !== 'ENDPOINT_ALREADY_BOUND') throw error;
    }
  };

  const open = async (loopbackRelayUrl: string): Promise<void> => {
    // A switchboard that was restarted has forgotten the key; telling it again is harmless.
    await switchboard.request('admit', { secretKey });
    if (boundTo === null) await bind(loopbackRelayUrl);
    else if (boundTo !== loopbackRelayUrl) await endpoint.request('replaceRelay', { endpointId, loopbackRelayUrl });
    boundTo = loopbackRelayUrl;
  };

  const shut = async (): Promise<void> => {
    boundTo = null;
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
    else if (boundTo !== null) await shut();
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
      boundTo = null;
    },
    close: () => {
      isClosed = true;
      return inTurn(follow);
    },
  };
};
