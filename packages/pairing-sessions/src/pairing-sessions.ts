import {
  type Actor,
  type ConfirmationPolicy,
  InvalidOptionError,
  type PairingSessionsChannel,
} from '@bowline/contracts';
import { endpointConnections } from '@bowline/endpoint-connections';
import { machineWatch } from '@bowline/machines';
import { codeJoins } from './code-joins.ts';
import { codeOffers } from './code-offers.ts';
import type { PairingSessionsComponents, SessionComponents } from './components.ts';
import { handshakeLimiter } from './handshake-limiter.ts';
import { type PairingSessionsInput, resolvePairingSessionsOptions } from './options.ts';
import { ownIdentity } from './own-identity.ts';
import { pairAcceptor } from './pair-acceptor.ts';
import { peerRecords } from './peer-records.ts';
import { relayHints, type SharedRelayHints } from './relay-hints.ts';
import { rendezvousAcceptor } from './rendezvous-acceptor.ts';
import { restartTolerantStore } from './restart-tolerant-store.ts';
import { sessionRecords } from './session-records.ts';
import { sessionTable } from './session-table.ts';

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
    const machines = machineWatch({ clock, tell: (transition) => components.emit('machine.moved', transition) });
    const limiter = handshakeLimiter({ clock, random }, options);
    let running: {
      readonly components: SessionComponents;
      readonly hints: SharedRelayHints;
      readonly stopWaiting: () => void;
      readonly close: () => void;
    } | null = null;
    const runningComponents = () => running?.components ?? null;
    const sessions = sessionTable(runningComponents);
    const offers = codeOffers({ clock, random, logger }, options, self, sessions, runningComponents);
    const join = codeJoins(logger, options, sessions, offers.book);

    const start = async (): Promise<void> => {
      if (running !== null) return;
      const connections = endpointConnections({ endpoint, clock, random, logger });
      const waiting = new AbortController();
      const store = restartTolerantStore({ persistence, clock, random, signal: waiting.signal });
      const openRecords = sessionRecords(peerRecords(store, clock, logger));
      const hints = relayHints({ ...components, logger });
      const own = { ...components, logger, options, connections, self, machines, openRecords, openHints: hints.open };
      const cancels = [pairAcceptor(own, limiter, offers.book), rendezvousAcceptor(own, limiter, offers.book)];
      const close = (): void => {
        for (const cancel of cancels) cancel();
        connections.stop();
      };
      running = { components: own, hints, stopWaiting: () => waiting.abort(), close };
    };

    const stop = async (): Promise<void> => {
      const ending = running;
      if (ending === null) return;
      running = null;
      ending.stopWaiting();
      await sessions.abandonAll();
      await offers.stop();
      ending.close();
    };

    return {
      start,
      stop,
      handlers: {
        presentSelf: (identity) => {
          self.replace(identity);
          // It comes after a sleep, and after the switchboard was restarted, too.
          offers.refresh();
          running?.hints.refresh();
        },
        offer: async (request) => {
          checkPolicy(request.policy);
          return offers.offer(request);
        },
        join: (request) => {
          checkPolicy(request.policy);
          join(request);
        },
        decide: ({ sessionId, accept, authenticationString }) =>
          sessions.get(sessionId)?.decide(accept, authenticationString),
        cancel: async ({ sessionId }) => sessions.get(sessionId)?.cancel(),
        dropAll: () => {
          running?.components.connections.dropAll('the endpoint is bound anew');
          offers.forget();
        },
        abandonAll: sessions.abandonAll,
        watchMachines: ({ isWatched }) => ({ sessions: machines.setWatched(isWatched) }),
      },
    };
  };
};

const checkPolicy = (policy: ConfirmationPolicy): void => {
  if (policy !== 'ask' && policy !== 'accept')
    throw new InvalidOptionError('policy', 'must be "ask" or "accept"', policy);
};
