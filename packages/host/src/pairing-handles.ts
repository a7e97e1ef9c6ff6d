import { Buffer } from 'node:buffer';
import {
  brandAs,
  type DeviceSummary,
  type DiscoverySourceName,
  type HostEvent,
  type PairingSessionId,
  type PairingSessionsChannel,
  type PathKind,
  type RelayUrl,
  type RequestInput,
} from '@bowline/contracts';
import { abortable } from './abortable.ts';
import { PairingFailedError } from './errors.ts';
import type { System } from './system.ts';

/** A pairing that succeeded. */
export interface Paired {
  readonly device: DeviceSummary;
  /** Whether it was paired already, and is paired anew. */
  readonly isRenewed: boolean;
  readonly authenticationString: string;
  /** Where the initiator was found; `null` on the initiator's own side. */
  readonly via: DiscoverySourceName | null;
  readonly path: PathKind;
  /** From the join to here, milliseconds; on the initiator's own side from the moment the other device proved the code. */
  readonly elapsedMs: number;
  /** From the join until this device knew an address of the initiator; `null` on the initiator's own side. */
  readonly discoveredMs: number | null;
}

/** A pairing session of this device. */
export interface PairingSession {
  readonly sessionId: PairingSessionId;
  /** Resolves with the new device; rejects with {@link PairingFailedError}, whose `code` says why. */
  readonly paired: Promise<Paired>;
  /** The person's answer after `pairing.confirmationNeeded`, with the digits it gave. Accepting digits that have been replaced since does nothing. */
  decide(accept: boolean, authenticationString: string): Promise<void>;
  /** Ends the session; `paired` rejects with `CANCELLED`. */
  cancel(): Promise<void>;
}

/** The initiator's session: show the words or the ticket. */
export interface PairingOffer extends PairingSession {
  /** Twelve words. A secret until they are used: for the screen, not for a log. */
  readonly words: string;
  /** The same as a `bowline:` link, with addresses, for a QR code. A secret likewise. */
  readonly ticket: string;
  readonly expiresAtMs: number;
  /** Relays whose token is in the ticket; none unless it was asked for. */
  readonly sharedTokenUrls: readonly RelayUrl[];
}

/** The joiner's session. */
export type PairingJoin = PairingSession;

/** Wraps the pairing channel's requests and events into one object for each session. */
export const pairingHandles = ({ parts, hub, random, inBackground }: System) => {
  const { pairing } = parts;

  const sessionHandle = (sessionId: PairingSessionId, paired: Promise<Paired>): PairingSession => ({
    sessionId,
    paired,
    decide: (accept, authenticationString) =>
      pairing.client.request('decide', { sessionId, accept, authenticationString }),
    cancel: () => pairing.client.request('cancel', { sessionId }),
  });

  /** Settles with the session's last event. Listening starts at once, so that no event can be missed. */
  const outcomeOf = (isOurs: (sessionId: PairingSessionId) => boolean) => {
    const { promise, resolve, reject } = Promise.withResolvers<Paired>();
    const cancel = hub.onAny((event: HostEvent) => {
      if (event.event !== 'pairing.completed' && event.event !== 'pairing.failed') return;
      if (!isOurs(event.sessionId)) return;
      cancel();
      if (event.event === 'pairing.completed') resolve(event);
      else reject(new PairingFailedError(event));
    });
    promise.catch(() => undefined);
    return { promise, cancel };
  };

  return {
    offer: async (input: RequestInput<PairingSessionsChannel, 'offer'>): Promise<PairingOffer> => {
      let sessionId: PairingSessionId | undefined;
      const outcome = outcomeOf((id) => id === sessionId);
      try {
        const offer = await pairing.client.request('offer', input);
        sessionId = offer.sessionId;
        return { ...offer, ...sessionHandle(offer.sessionId, outcome.promise) };
      } catch (error) {
        outcome.cancel();
        throw error;
      }
    },
    join: async (
      input: Omit<RequestInput<PairingSessionsChannel, 'join'>, 'sessionId'> & {
        readonly sessionId?: PairingSessionId;
      },
      signal?: AbortSignal,
    ): Promise<PairingJoin> => {
      const sessionId =
        input.sessionId ?? brandAs<PairingSessionId>(`join-${Buffer.from(random.bytes(9)).toString('base64url')}`);
      const outcome = outcomeOf((id) => id === sessionId);
      const paired = abortable(signal, () => outcome.promise);
      // Whoever never asks for the outcome is not told by the process that it was left alone.
      paired.catch(() => undefined);
      const handle = sessionHandle(sessionId, paired);
      try {
        await pairing.client.request('join', { ...input, sessionId });
      } catch (error) {
        outcome.cancel();
        throw error;
      }
      const abort = () => inBackground('cancel pairing', handle.cancel);
      signal?.addEventListener('abort', abort, { once: true });
      const forgetSignal = () => signal?.removeEventListener('abort', abort);
      outcome.promise.then(forgetSignal, forgetSignal);
      if (signal?.aborted === true) abort();
      return handle;
    },
  };
};
