import { errorCode, errorMessage, RENDEZVOUS_ALPN, type RendezvousBinding } from '@bowline/contracts';
import { SerialQueue } from '@bowline/limits';
import type { PairingKeys } from '@bowline/pairing-code';
import { PAIR_MAX_FRAME_BYTES } from '@bowline/pairing-protocol';
import type { SessionComponents } from './components.ts';

/**
 * Only the relay leads here, unless a person wants it otherwise. On loopback alone the endpoint has no address to give
 * away: iroh tells a peer the addresses of its endpoint before anything is proven.
 */
const HIDDEN = { bindAddresses: ['127.0.0.1'] };

/** iroh frees the port of an endpoint only a moment after it was unbound; longer than this, something else has it. */
const PORT_WAIT_MS = 3_000;
const PORT_RETRY_MS = 100;

/** The endpoint derived from one code, through which the words alone lead to this device. */
export interface RendezvousEndpoint {
  /** Opens it where it was asked to be found. @throws what the endpoint's `bind` rejects with */
  open(): Promise<void>;
  /** Opens it if something can lead to it, closes it if nothing does any more. Never rejects. */
  refresh(): Promise<void>;
  /** The endpoint worker may have died, and this with it; `refresh` opens it again. */
  forget(): void;
  /** Closes it for good. Never rejects. */
  close(): Promise<void>;
}

type RendezvousEndpointComponents = Pick<
  SessionComponents,
  'clock' | 'endpoint' | 'switchboard' | 'self' | 'logger' | 'options'
>;

/** @param at where it is to be found beside its relays; `null`: nowhere */
export const rendezvousEndpoint = (
  { clock, endpoint, switchboard, self, logger, options }: RendezvousEndpointComponents,
  { rendezvousSecretKey: secretKey, rendezvousEndpointId: endpointId }: PairingKeys,
  at: RendezvousBinding | null = null,
): RendezvousEndpoint => {
  /** The loopback relay it was bound to last. */
  let boundTo: string | null = null;
  /** It was bound without a relay and stays so: there was none, and it is found at an address. */
  let isWithoutRelay = false;
  /** As far as is known. */
  let isBound = false;
  /** Whether there may be anything to close: the endpoint, or its key in the switchboard. */
  let mayBeOpen = false;
  let isClosed = false;
  const steps = new SerialQueue();

  /** @returns whether it was not bound before */
  const bind = async (loopbackRelayUrl: string | null): Promise<boolean> => {
    const protocol = {
      alpn: RENDEZVOUS_ALPN,
      admit: 'anyone',
      maxFrameBytes: PAIR_MAX_FRAME_BYTES,
      // The limiter makes room for a newcomer, and has to see it for that.
      maxIncoming: 2 * options.maxUnproven,
    } as const;
    try {
      const protocols = [protocol];
      await endpoint.request('bind', { secretKey, protocols, loopbackRelayUrl, ...(at ?? HIDDEN) });
      return true;
    } catch (error) {
      if (errorCode(error) !== 'ENDPOINT_ALREADY_BOUND') throw error;
      return false;
    }
  };

  /** Waits for a port that an endpoint before it has not freed yet. */
  const bindInTime = async (loopbackRelayUrl: string | null): Promise<boolean> => {
    const untilMs = clock.monotonicMs() + (at === null ? 0 : PORT_WAIT_MS);
    for (;;) {
      try {
        return await bind(loopbackRelayUrl);
      } catch (error) {
        const isOver = isClosed || clock.monotonicMs() >= untilMs;
        if (isOver || errorCode(error) !== 'ENDPOINT_BIND_FAILED') throw error;
        const pause = Promise.withResolvers<void>();
        clock.setTimer(PORT_RETRY_MS, pause.resolve);
        await pause.promise;
      }
    }
  };

  const open = async (loopbackRelayUrl: string | null): Promise<void> => {
    mayBeOpen = true;
    // A switchboard that was restarted has forgotten the key; telling it again is harmless.
    if (loopbackRelayUrl !== null) await switchboard.request('admit', { secretKey });
    const isNew = !isBound && (await bindInTime(loopbackRelayUrl));
    if (isNew) isWithoutRelay = loopbackRelayUrl === null;
    if (!isNew && !isWithoutRelay && loopbackRelayUrl !== null && boundTo !== loopbackRelayUrl)
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
    const isWanted = !isClosed && identity !== null && (at !== null || identity.relayUrls.length > 0);
    if (isWanted && (at !== null || loopbackRelayUrl !== null)) await open(loopbackRelayUrl);
    else if (mayBeOpen) await shut();
  };

  /** One step after the other: a close must not overtake the opening it ends. */
  const inTurn = (step: () => Promise<void>): Promise<void> => {
    const done = steps.run(step);
    done.catch((error: unknown) => {
      logger.warn({ error: errorMessage(error) }, 'rendezvous not open, the code is found by mdns or ticket only');
    });
    return done;
  };
  // What kept it from opening is in the log by then.
  const quietly = (step: () => Promise<void>): Promise<void> => inTurn(step).catch(() => undefined);

  return {
    open: () => inTurn(follow),
    refresh: () => quietly(follow),
    forget: () => {
      isBound = false;
    },
    close: () => {
      isClosed = true;
      return quietly(follow);
    },
  };
};
