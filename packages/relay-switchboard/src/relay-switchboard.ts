import type { Actor, ActorComponents, RelaySwitchboardChannel } from '@bowline/contracts';
import { SwitchboardListeningError } from './errors.ts';
import { LoopbackRelay } from './loopback-relay.ts';
import { observerFinder } from './observer-finder.ts';
import { type RelaySwitchboardOptionsInput, resolveRelaySwitchboardOptions } from './options.ts';
import { relayAsker } from './relay-asker.ts';
import { relayDialer } from './relay-dialer.ts';
import type { DialRelay } from './relay-transport.ts';
import { Switchboard } from './switchboard.ts';

/** What the switchboard needs beside what every actor is given. */
export interface RelaySwitchboardComponents extends ActorComponents<RelaySwitchboardChannel> {
  /** Opens relays. @defaultValue WebSockets over the network */
  readonly dial?: DialRelay;
}

/**
 * The endpoint's relay on loopback, and a client to the real ones. Started by the host, usually in a process of its own;
 * ends with `stop`. Owns the loopback port and every relay connection of this device.
 */
export const relaySwitchboard =
  (input: RelaySwitchboardOptionsInput = {}) =>
  (components: RelaySwitchboardComponents): Actor<RelaySwitchboardChannel> => {
    const options = resolveRelaySwitchboardOptions(input);
    const { clock, emit, random } = components;
    const logger = components.logger.child({ component: 'relay-switchboard' });
    const findObservers = observerFinder(options, { clock, logger });
    const askRelay = relayAsker(options, { clock });
    let loopback: LoopbackRelay | null = null;
    let port: number | null = null;
    let opening: Promise<number> | null = null;
    let isRunning = false;

    const switchboard = new Switchboard({
      options,
      clock,
      random,
      logger,
      emit: (event, payload) => {
        if (isRunning) emit(event, payload);
      },
      dial: components.dial ?? relayDialer(options, { clock, random }),
      deliver: (key, frame, peer) => loopback?.deliver(key, frame, peer),
      isOwnChallenge: (challenge) => loopback?.isOwnChallenge(challenge) ?? false,
      loopbackPort: () => port,
    });

    const loopbackRelay = (): LoopbackRelay =>
      new LoopbackRelay({
        clock,
        random,
        logger,
        events: {
          isAdmitted: (key) => switchboard.isAdmitted(key),
          datagrams: (from, frame) => switchboard.route(from, frame),
          dropped: (frame, peer) => switchboard.dropped(frame, peer),
        },
      });

    const open = async (asked: number): Promise<number> => {
      const relay = loopbackRelay();
      port = await relay.listen(asked);
      loopback = relay;
      logger.info({ port }, 'loopback relay open');
      return port;
    };

    const listen = async (asked: number): Promise<number> => {
      opening ??= open(asked).catch((error: unknown) => {
        opening = null;
        throw error;
      });
      const opened = await opening;
      if (asked !== 0 && asked !== opened) throw new SwitchboardListeningError(opened, asked);
      return opened;
    };

    const serve = (held: number): void => {
      if (port !== null && port !== held) throw new SwitchboardListeningError(port, held);
      loopback ??= loopbackRelay();
      port = held;
    };

    return {
      handlers: {
        serve: ({ port: held }) => {
          serve(held);
          return { loopbackUrl: loopbackUrlOf(held) };
        },
        listen: async ({ port: asked }) => {
          const opened = await listen(asked);
          return { loopbackUrl: loopbackUrlOf(opened), port: opened };
        },
        admit: ({ secretKey }) => ({ endpointId: switchboard.admit(secretKey) }),
        dismiss: ({ endpointId }) => {
          const key = switchboard.dismiss(endpointId);
          if (key !== null) loopback?.dismiss(key);
        },
        configureRelays: ({ relays }) => switchboard.configureRelays(relays),
        setPeers: ({ peers }) => switchboard.setPeers(peers),
        setCandidates: ({ candidates }) => switchboard.setCandidates(candidates),
        checkNow: () => switchboard.checkNow(),
        absences: ({ endpointId }) => ({ absences: switchboard.absences(endpointId) }),
        dropRelay: ({ relayUrl }) => ({ wasConnected: switchboard.dropRelay(relayUrl) }),
        watchMachines: ({ isWatched }) => ({ sessions: switchboard.watchMachines(isWatched) }),
        findObservers: async ({ relayUrl }, { signal }) => ({
          observers: switchboard.isConfigured(relayUrl) ? await findObservers(relayUrl, signal) : [],
        }),
        askRelay: ({ relayUrl }, { signal }) =>
          askRelay({ url: relayUrl, isConfigured: switchboard.isConfigured(relayUrl) }, signal),
        limitTraffic: ({ budget, spentToday }) => switchboard.limitTraffic(budget, spentToday ?? []),
        traffic: () => switchboard.traffic(),
        status: () => switchboard.status(),
      },
      accept: (connection) => {
        if (loopback === null) connection.destroy();
        else loopback.accept(connection);
      },
      start: async () => {
        isRunning = true;
      },
      stop: async () => {
        if (!isRunning) return;
        isRunning = false;
        switchboard.close();
        await opening?.catch(() => undefined);
        await loopback?.close();
        loopback = null;
        port = null;
        opening = null;
      },
    };
  };

const loopbackUrlOf = (port: number): string => `http://127.0.0.1:${port}/`;
