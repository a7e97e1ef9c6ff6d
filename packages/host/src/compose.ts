import { type Cancel, errorMessage, type RelayBudget, type RelayToken } from '@bowline/contracts';
import { type WatchedMachines, watchMachines } from './machines/watch-machines.ts';
import type { ResolvedRelayChoice } from './options.ts';
import { startParts, stopParts } from './run-parts.ts';
import type { System } from './system.ts';
import { bindEndpoint } from './wiring/bind-endpoint.ts';
import { closePorts } from './wiring/close-ports.ts';
import { configureRelays } from './wiring/configure-relays.ts';
import { deliverMessages } from './wiring/deliver-messages.ts';
import { dialDevices } from './wiring/dial-devices.ts';
import { exchangePresence } from './wiring/exchange-presence.ts';
import { followLinks } from './wiring/follow-links.ts';
import { followRoutes } from './wiring/follow-routes.ts';
import { handOverMessages } from './wiring/hand-over-messages.ts';
import { journalDevices } from './wiring/journal-devices.ts';
import { keepIdentity } from './wiring/keep-identity.ts';
import { keepTimeline } from './wiring/keep-timeline.ts';
import { lendTokens } from './wiring/lend-tokens.ts';
import { limitTraffic } from './wiring/limit-traffic.ts';
import { observeAddress } from './wiring/observe-address.ts';
import { offerTcp } from './wiring/offer-tcp.ts';
import { presentSelf } from './wiring/present-self.ts';
import { refreshRelays } from './wiring/refresh-relays.ts';
import { restartStuckEndpoint } from './wiring/restart-stuck-endpoint.ts';
import { type KeptMessages, sendKeptMessages } from './wiring/send-kept-messages.ts';
import { shareFacts } from './wiring/share-facts.ts';
import { tellIncidents } from './wiring/tell-incidents.ts';
import { tellPairings } from './wiring/tell-pairings.ts';
import { tellPeers } from './wiring/tell-peers.ts';
import { tellWorkers } from './wiring/tell-workers.ts';
import { watchMulticast } from './wiring/watch-multicast.ts';
import { watchNetwork } from './wiring/watch-network.ts';
import { watchStore } from './wiring/watch-store.ts';

/** A system that runs. */
export interface Composition {
  /** Changes the relays without a restart. */
  readonly chooseRelays: (choice: ResolvedRelayChoice) => Promise<void>;
  /** The tokens of this device's own relays: secrets. */
  readonly relayTokens: () => readonly RelayToken[];
  readonly limitTraffic: (budget: RelayBudget | null) => Promise<void>;
  /** Writes what happened and is not in the store yet. */
  readonly saveTimeline: () => Promise<void>;
  readonly keepMessage: KeptMessages['keep'];
  readonly machines: WatchedMachines;
  /** Says goodbye to the peers and stops every worker but the store, which its opener stops. */
  readonly stop: () => Promise<void>;
}

/**
 * How everything meets. The parts know nothing of each other: each wire below listens to some and asks others. What is
 * known of the peers stands in one registry, and every part that needs it is told from there (`tellPeers`).
 */
export const compose = async (system: System, relayChoice: ResolvedRelayChoice): Promise<Composition> => {
  const { parts } = system;
  const relays = configureRelays(system, relayChoice);
  const traffic = limitTraffic(system);
  const timeline = keepTimeline(system);
  const kept = sendKeptMessages(system);
  const machines = watchMachines(system);
  const facts = shareFacts(system);
  const ports = closePorts(system);
  const wires: readonly Cancel[] = [
    relays.cancel,
    traffic.cancel,
    system.records.cancel,
    system.bytes.cancel,
    timeline.cancel,
    bindEndpoint(system),
    presentSelf(system),
    tellPeers(system),
    followLinks(system),
    exchangePresence(system),
    followRoutes(system),
    refreshRelays(system),
    lendTokens(system),
    dialDevices(system),
    deliverMessages(system),
    handOverMessages(system),
    kept.cancel,
    machines.cancel,
    ports.cancel,
    watchStore(system),
    tellPairings(system),
    journalDevices(system),
    tellWorkers(system),
    tellIncidents(system),
    observeAddress(system),
    restartStuckEndpoint(system),
    watchNetwork(system),
    watchMulticast(system),
    offerTcp(system),
    facts.cancel,
    keepIdentity(system),
  ];

  const stop = async (): Promise<void> => {
    await quietly(system, () => parts.pairing.client.request('abandonAll', {}));
    await quietly(system, () => parts.links.client.request('sayGoodbye', {}));
    await quietly(system, traffic.save);
    await quietly(system, timeline.end);
    await quietly(system, ports.end);
    await quietly(system, system.records.save);
    await quietly(system, facts.save);
    for (const cancel of wires.toReversed()) cancel();
    await stopParts(parts);
    await system.loopbackPort.close();
  };

  try {
    await startParts(parts);
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    chooseRelays: async (choice) => {
      if (choice === 'disabled' && system.own.current.relayChoice !== 'disabled') {
        await quietly(system, facts.tellRelaysDisabled);
      }
      await relays.choose(choice);
    },
    relayTokens: relays.tokens,
    limitTraffic: traffic.limit,
    saveTimeline: timeline.save,
    keepMessage: kept.keep,
    machines,
    stop,
  };
};

/**
 * The last words of a device: whoever pairs hears that it ends, peers hear that it leaves or uses no relay, and what was counted is
 * kept. It goes on without them, too.
 */
const quietly = async ({ logger }: System, lastWord: () => Promise<void>): Promise<void> => {
  try {
    await lastWord();
  } catch (error) {
    logger.debug({ reason: errorMessage(error) }, 'went on without a last word');
  }
};
