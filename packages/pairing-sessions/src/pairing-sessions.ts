import {
  type Actor,
  type Cancel,
  type ConfirmationPolicy,
  InvalidOptionError,
  type PairingSessionId,
  type PairingSessionsChannel,
  type RequestInput,
  type RequestOutput,
} from '@bowline/contracts';
import { endpointConnections } from '@bowline/endpoint-connections';
import { createEntropy, derivePairingKeys, formatTicket, parseCode, wordsOfEntropy } from '@bowline/pairing-code';
import { type Announcement, announcement } from './announcement.ts';
import { type CodeEnd, codeBook } from './code-book.ts';
import type { PairingContext, PairingSessionsComponents } from './components.ts';
import { JoinUnderWayError, PairingBusyError, PairingStoppedError } from './errors.ts';
import { type InitiatorSession, initiatorSession } from './initiator-session.ts';
import { joinerSession } from './joiner-session.ts';
import { type LingerTimes, lingering } from './lingering.ts';
import { type PairingSessionsInput, resolvePairingSessionsOptions } from './options.ts';
import { ownIdentity } from './own-identity.ts';
import { pairDoor } from './pair-door.ts';
import type { PairingSession } from './pairing-session.ts';
import { peerRecords } from './peer-records.ts';
import { relayHints } from './relay-hints.ts';
import { rendezvousDoor } from './rendezvous-door.ts';
import { sessionRecords } from './session-records.ts';
import { checkShared, ticketRelays } from './ticket-relays.ts';
import { unprovenGate } from './unproven-gate.ts';

/** Life of a code, milliseconds: long enough to walk to the other device, short enough to be looked after. */
const TTL_RANGE_MS = [1_000, 3_600_000] as const;

/** How often the wall clock is looked at while a code is open: a code that expired in a machine's sleep stays that long at most. */
const LOOK_MS = 10_000;

/**
 * Runs pairing sessions: shows codes and answers whoever proves one, or finds the device that shows one.
 *
 * The host starts it with the device and ends it with the device. It owns the sessions, the announcements of their
 * codes, and the connections of `bowline/pair/1` and `bowline/rendezvous/1`. Sessions live in memory alone.
 */
export const pairingSessions = (input: PairingSessionsInput = {}) => {
  const options = resolvePairingSessionsOptions(input);

  return (components: PairingSessionsComponents): Actor<PairingSessionsChannel> => {
    const { clock, random, persistence, endpoint } = components;
    const logger = components.logger.child({ component: 'pairing-sessions' });
    const self = ownIdentity(clock);
    const book = codeBook<InitiatorSession>(options.maxEndedCodes);
    const leftovers = lingering(clock, options);
    const gate = unprovenGate({ clock, random }, options);
    const sessions = new Map<PairingSessionId, PairingSession>();
    /** Codes this device is joining with, by the session ids made from them. */
    const joining = new Set<PairingSessionId>();
    /** Ends of sessions that are over: they have yet to be told, and the other device must still hear the last word. */
    const farewells = new Set<Promise<void>>();
    const announcements = new Map<InitiatorSession, Announcement>();
    let running: { readonly context: PairingContext; readonly close: () => void } | null = null;
    let cancelLook: Cancel | null = null;

    const contextNow = (): PairingContext => {
      if (running === null) throw new TypeError('pairing-sessions is not started');
      return running.context;
    };

    const awaitEnd = (session: PairingSession): void => {
      // Over already, it is only left to finish.
      const farewell = session.abandon();
      farewells.add(farewell);
      void farewell.then(() => farewells.delete(farewell));
    };

    const onOfferEnded = async (session: InitiatorSession, end: CodeEnd): Promise<void> => {
      sessions.delete(session.sessionId);
      awaitEnd(session);
      book.end(session, end);
      if (book.openCodes().length === 0) cancelLook?.();
      const announced = announcements.get(session);
      announcements.delete(session);
      if (announced !== undefined) await leftovers.take(announced, lingerTimes(session, end));
    };

    const lingerTimes = ({ expiresAtMs }: InitiatorSession, { reason }: CodeEnd): LingerTimes => {
      if (reason === 'cancelled' || running === null) return { mdnsMs: 0, rendezvousMs: 0 };
      const leftMs = Math.max(0, expiresAtMs - clock.nowMs());
      return {
        mdnsMs: options.lingerMs,
        rendezvousMs: reason === 'code-used' ? Math.min(options.lingerMs, leftMs) : 0,
      };
    };

    const lookAtTheClock = (): void => {
      cancelLook?.();
      cancelLook = null;
      for (const session of book.openCodes()) session.noteExpiry();
      if (book.openCodes().length > 0) cancelLook = clock.setTimer(LOOK_MS, lookAtTheClock, { unref: true });
    };

    const offer = async (
      request: RequestInput<PairingSessionsChannel, 'offer'>,
    ): Promise<RequestOutput<PairingSessionsChannel, 'offer'>> => {
      const { ttlMs, policy, relayTokens = [], renew: mayRenew = false } = request;
      checkTtl(ttlMs);
      checkPolicy(policy);
      checkShared(relayTokens);
      const context = contextNow();
      const identity = await self.ready();
      // Nobody would withdraw a code that is made after the end.
      if (running?.context !== context) throw new PairingStoppedError();
      if (book.openCodes().length >= options.maxOffers) throw new PairingBusyError('codes', options.maxOffers);
      const entropy = createEntropy(random);
      const keys = derivePairingKeys(entropy);
      const expiresAtMs = clock.nowMs() + ttlMs;
      const session = initiatorSession(context, { keys, policy, ttlMs, mayRenew, expiresAtMs, onEnded: onOfferEnded });
      const announced = announcement(context, session.sessionId, keys);
      sessions.set(session.sessionId, session);
      book.add(session);
      lookAtTheClock();
      announcements.set(session, announced);
      announced.refresh();
      const relays = ticketRelays(identity.relayUrls, relayTokens);
      const { endpointId, directAddresses, card } = identity;
      const ticket = formatTicket(
        { entropy, endpointId, relays, directAddresses, deviceName: card.name, expiresAtMs },
        { includeTokens: relayTokens.length > 0 },
      );
      const sharedTokenUrls = relays.filter(({ token }) => token !== null).map(({ url }) => url);
      logger.info({ sessionId: session.sessionId, ttlMs, policy, sharedTokenUrls }, 'code offered');
      return { sessionId: session.sessionId, words: wordsOfEntropy(entropy), ticket, expiresAtMs, sharedTokenUrls };
    };

    const join = (request: RequestInput<PairingSessionsChannel, 'join'>): void => {
      const { sessionId, code, policy, renew: mayRenew = false } = request;
      checkPolicy(policy);
      if (sessions.has(sessionId)) {
        throw new InvalidOptionError('sessionId', 'must differ from that of every open session', sessionId);
      }
      const parsed = parseCode(code);
      const joins = sessions.size - book.openCodes().length;
      if (joins >= options.maxJoins) throw new PairingBusyError('joins', options.maxJoins);
      const keys = derivePairingKeys(parsed.entropy);
      if (joining.has(keys.sessionId)) throw new JoinUnderWayError();
      logger.info({ sessionId, code: parsed.kind }, 'join started');
      const session = joinerSession(contextNow(), {
        sessionId,
        keys,
        ticket: parsed.kind === 'ticket' ? parsed.ticket : null,
        policy,
        mayRenew,
        isOwnCode: () => book.openCodes().some((open) => open.sessionId === keys.sessionId),
        onEnded: (ended) => {
          sessions.delete(sessionId);
          joining.delete(keys.sessionId);
          awaitEnd(ended);
        },
      });
      sessions.set(sessionId, session);
      joining.add(keys.sessionId);
    };

    const start = async (): Promise<void> => {
      if (running !== null) return;
      const connections = endpointConnections({ endpoint, clock, random, logger });
      const openRecords = sessionRecords(peerRecords(persistence, clock, logger));
      const openHints = relayHints({ ...components, logger });
      const context: PairingContext = { ...components, logger, options, connections, self, openRecords, openHints };
      const cancels = [pairDoor(context, gate, book), rendezvousDoor(context, gate, book)];
      running = {
        context,
        close: () => {
          for (const cancel of cancels) cancel();
          connections.stop();
        },
      };
    };

    const abandonAll = async (): Promise<void> => {
      await Promise.all([...sessions.values()].map((session) => session.abandon()));
      await Promise.all(farewells);
    };

    const stop = async (): Promise<void> => {
      const ending = running;
      if (ending === null) return;
      running = null;
      await abandonAll();
      await leftovers.stop();
      ending.close();
    };

    return {
      start,
      stop,
      handlers: {
        presentSelf: (identity) => {
          self.replace(identity);
          // It comes after a sleep, too.
          lookAtTheClock();
          for (const announced of announcements.values()) announced.refresh();
          leftovers.refresh();
        },
        offer,
        join,
        decide: ({ sessionId, accept, authenticationString }) =>
          sessions.get(sessionId)?.decide(accept, authenticationString),
        cancel: async ({ sessionId }) => sessions.get(sessionId)?.cancel(),
        dropAll: () => {
          running?.context.connections.dropAll('the endpoint is bound anew');
          for (const announced of announcements.values()) announced.forget();
          leftovers.forget();
        },
        abandonAll,
      },
    };
  };
};

const checkTtl = (ttlMs: number): void => {
  const [min, max] = TTL_RANGE_MS;
  if (!Number.isSafeInteger(ttlMs) || ttlMs < min || ttlMs > max) {
    throw new InvalidOptionError('ttlMs', `must be a whole number of milliseconds from ${min} to ${max}`, ttlMs);
  }
};

const checkPolicy = (policy: ConfirmationPolicy): void => {
  if (policy !== 'ask' && policy !== 'accept')
    throw new InvalidOptionError('policy', 'must be "ask" or "accept"', policy);
};
