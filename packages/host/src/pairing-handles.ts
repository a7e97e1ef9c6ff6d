import { Buffer } from 'node:buffer';
import {
  brandAs,
  type Cancel,
  type DeviceSummary,
  type DiscoverySourceName,
  type HostEvent,
  type PairingSessionId,
  type PairingSessionsChannel,
  type PathKind,
  type Random,
  type RelayUrl,
  type RequestInput,
  type RequestOutput,
} from '@bowline/contracts';
import { abortable } from './abortable.ts';
import { PairingFailedError } from './errors.ts';
import type { EventHub } from './event-hub.ts';
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

/** What handles of pairing sessions need: who is asked, and who tells how they go. */
export interface PairingHandlesComponents {
  readonly hub: Pick<EventHub, 'onAny'>;
  readonly random: Random;
  readonly inBackground: System['inBackground'];
  readonly decide: (input: RequestInput<PairingSessionsChannel, 'decide'>) => Promise<void>;
  readonly cancel: (sessionId: PairingSessionId) => Promise<void>;
  /** Hears that nothing more will be told of the sessions, and why. @defaultValue that never happens */
  readonly onLost?: (listener: (reason: Error) => void) => Cancel;
}

const NEVER = (): Cancel => () => undefined;

/** Makes one object of each session out of what is asked and told of it. */
export const pairingHandles = (components: PairingHandlesComponents) => {
  const { hub, random, inBackground, decide, cancel: cancelSession, onLost = NEVER } = components;

  const sessionHandle = (sessionId: PairingSessionId, paired: Promise<Paired>): PairingSession => ({
    sessionId,
    paired,
    decide: (accept, authenticationString) => decide({ sessionId, accept, authenticationString }),
    cancel: () => cancelSession(sessionId),
  });

  /** Settles with the session's last event. Listening starts at once, so that no event can be missed. */
  const outcomeOf = (isOurs: (sessionId: PairingSessionId) => boolean) => {
    const { promise, resolve, reject } = Promise.withResolvers<Paired>();
    const cancels = [
      hub.onAny((event: HostEvent) => {
        if (event.event !== 'pairing.completed' && event.event !== 'pairing.failed') return;
        if (!isOurs(event.sessionId)) return;
        cancel();
        if (event.event === 'pairing.completed') resolve(event);
        else reject(new PairingFailedError(event));
      }),
      onLost((reason) => {
        cancel();
        reject(reason);
      }),
    ];
    const cancel = (): void => {
      for (const each of cancels) each();
    };
    promise.catch(() => undefined);
    return { promise, cancel };
  };

  return {
    offer: async (begin: () => Promise<RequestOutput<PairingSessionsChannel, 'offer'>>): Promise<PairingOffer> => {
      let sessionId: PairingSessionId | undefined;
      const outcome = outcomeOf((id) => id === sessionId);
      try {
        const offer = await begin();
        sessionId = offer.sessionId;
        return { ...offer, ...sessionHandle(offer.sessionId, outcome.promise) };
      } catch (error) {
        outcome.cancel();
        throw error;
      }
    },
    join: async (
      begin: (sessionId: PairingSessionId) => Promise<void>,
      given: { readonly sessionId?: PairingSessionId | undefined; readonly signal?: AbortSignal | undefined } = {},
    ): Promise<PairingJoin> => {
      const { signal } = given;
      const sessionId =
        given.sessionId ?? brandAs<PairingSessionId>(`join-${Buffer.from(random.bytes(9)).toString('base64url')}`);
      const outcome = outcomeOf((id) => id === sessionId);
      const paired = abortable(signal, () => outcome.promise);
      // Whoever never asks for the outcome is not told by the process that it was left alone.
      paired.catch(() => undefined);
      const handle = sessionHandle(sessionId, paired);
      try {
        await begin(sessionId);
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
