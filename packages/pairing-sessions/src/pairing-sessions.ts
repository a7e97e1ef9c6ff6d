import {
  type Actor,
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
import { PairingBusyError } from './errors.ts';
import { type InitiatorSession, initiatorSession } from './initiator-session.ts';
import { joinerSession } from './joiner-session.ts';
import { type LingerTimes, lingering } from './lingering.ts';
import { type PairingSessionsInput, resolvePairingSessionsOptions } from './options.ts';
import { ownIdentity } from './own-identity.ts';
import { pairDoor } from './pair-door.ts';
import type { PairingSession } from './pairing-session.ts';
import { peerRecords } from './peer-records.ts';
import { rendezvousDoor } from './rendezvous-door.ts';
import { unprovenGate } from './unproven-gate.ts';

/** Life of a code, milliseconds: long enough to walk to the other device, short enough to be looked after. */
const TTL_RANGE_MS = [1_000, 3_600_000] as const;

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
    const announcements = new Map<InitiatorSession, Announcement>();
    let running: { readonly context: PairingContext; readonly close: () => void } | null = null;

    const contextNow = (): PairingContext => {
      if (running === null) throw new TypeError('pairing-sessions is not started');
      return running.context;
    };

    const onOfferEnded = async (session: InitiatorSession, end: CodeEnd): Promise<void> => {
      sessions.delete(session.sessionId);
      book.end(session, end);
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

    const offer = async (
      request: RequestInput<PairingSessionsChannel, 'offer'>,
    ): Promise<RequestOutput<PairingSessionsChannel, 'offer'>> => {
      const { ttlMs, policy } = request;
      checkTtl(ttlMs);
      checkPolicy(policy);
      const context = contextNow();
      const identity = await self.ready();
      if (book.openCodes().length >= options.maxOffers) throw new PairingBusyError('codes', options.maxOffers);
      const entropy = createEntropy(random);
      const keys = derivePairingKeys(entropy);
      const expiresAtMs = clock.nowMs() + ttlMs;
      const session = initiatorSession(context, { keys, policy, ttlMs, expiresAtMs, onEnded: onOfferEnded });
      const announced = announcement(context, session.sessionId, keys);
      sessions.set(session.sessionId, session);
      book.add(session);
      announcements.set(session, announced);
      announced.refresh();
      const ticket = formatTicket({
        entropy,
        endpointId: identity.endpointId,
        relays: identity.relayUrls.map((url) => ({ url, token: null })),
        directAddresses: identity.directAddresses,
        deviceName: identity.card.name,
        expiresAtMs,
      });
      logger.info({ sessionId: session.sessionId, ttlMs, policy }, 'code offered');
      return { sessionId: session.sessionId, words: wordsOfEntropy(entropy), ticket, expiresAtMs };
    };

    const join = ({ sessionId, code, policy }: RequestInput<PairingSessionsChannel, 'join'>): void => {
      checkPolicy(policy);
      if (sessions.has(sessionId)) {
        throw new InvalidOptionError('sessionId', 'must differ from that of every open session', sessionId);
      }
      const parsed = parseCode(code);
      const joins = sessions.size - book.openCodes().length;
      if (joins >= options.maxJoins) throw new PairingBusyError('joins', options.maxJoins);
      const keys = derivePairingKeys(parsed.entropy);
      logger.info({ sessionId, code: parsed.kind }, 'join started');
      const session = joinerSession(contextNow(), {
        sessionId,
        keys,
        ticket: parsed.kind === 'ticket' ? parsed.ticket : null,
        policy,
        isOwnCode: () => book.openCodes().some((open) => open.sessionId === keys.sessionId),
        onEnded: () => sessions.delete(sessionId),
      });
      sessions.set(sessionId, session);
    };

    const start = async (): Promise<void> => {
      if (running !== null) return;
      const connections = endpointConnections({ endpoint, clock, random, logger });
      const records = peerRecords(persistence, clock, logger);
      const context: PairingContext = { ...components, logger, options, connections, self, records };
      const cancels = [pairDoor(context, gate, book), rendezvousDoor(context, gate, book)];
      running = {
        context,
        close: () => {
          for (const cancel of cancels) cancel();
          connections.stop();
        },
      };
    };

    const stop = async (): Promise<void> => {
      const ending = running;
      if (ending === null) return;
      running = null;
      await Promise.all([...sessions.values()].map((session) => session.abandon()));
      await leftovers.stop();
      ending.close();
    };

    return {
      start,
      stop,
      handlers: {
        presentSelf: (identity) => {
          self.replace(identity);
          for (const announced of announcements.values()) announced.refresh();
          leftovers.refresh();
        },
        offer,
        join,
        decide: ({ sessionId, accept }) => sessions.get(sessionId)?.decide(accept),
        cancel: async ({ sessionId }) => sessions.get(sessionId)?.cancel(),
        dropAll: () => {
          running?.context.connections.dropAll('the endpoint worker ended');
          for (const announced of announcements.values()) announced.forget();
          leftovers.forget();
        },
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
