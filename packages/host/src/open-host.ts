import { startClaim } from '@bowline/link-protocol';
import { taskPool } from '@bowline/supervisor';
import { openBlockedDevices } from './blocked-devices.ts';
import { type Composition, compose } from './compose.ts';
import { countedBytes } from './counted-bytes.ts';
import { deviceRecords } from './device-records.ts';
import type { EventHub } from './event-hub.ts';
import { inlineJobs, pooledJobs } from './finite-jobs.ts';
import { inBackground } from './in-background.ts';
import { hostInbox } from './messages/inbox.ts';
import type { MessageHandlerSlot } from './messages/message-handler.ts';
import { type MessageSender, messageSender } from './messages/send-message.ts';
import { type ResolvedHostOptions, resolveRelayChoice } from './options.ts';
import { ownCondition } from './own-condition.ts';
import { ownPresence } from './own-presence.ts';
import { openStore, placeParts } from './parts.ts';
import { peerRegistry } from './peers/peer-registry.ts';
import { openPresenceKey } from './presence-key.ts';
import { type Receiving, receiving } from './push/receiving.ts';
import { type DevicePresences, devicePresences } from './services/device-presences.ts';
import { openKeptServices } from './services/kept-services.ts';
import { type ServedServices, servedServices } from './services/served-services.ts';
import { settledPairing } from './settled-pairing.ts';
import type { PlacementComponents, System } from './system.ts';
import { openUnpairedEndpoints } from './unpaired-endpoints.ts';

/** A host that runs: what the methods of a host work with. */
export interface RunningHost {
  readonly system: System;
  readonly presence: DevicePresences;
  readonly served: ServedServices;
  readonly receiving: Receiving;
  readonly composition: Composition;
  readonly sender: MessageSender;
  /** Stops everything, the store last. Call once. */
  stop(): Promise<void>;
}

/** With 64 random bits no two runs of a device are ever taken for one. */
const INSTANCE_BYTES = 8;

interface OpenHostComponents extends PlacementComponents {
  /** Both outlive the host's runs. */
  readonly hub: EventHub;
  readonly messageHandler: MessageHandlerSlot;
}

/** Opens the store, and starts all that a host is made of. What was started is stopped again when something fails. */
export const openHost = async (options: ResolvedHostOptions, components: OpenHostComponents): Promise<RunningHost> => {
  const store = await openStore(options, components);
  await store.start();
  try {
    return await openWithStore(store, options, components);
  } catch (error) {
    await store.stop();
    throw error;
  }
};

const openWithStore = async (
  store: Awaited<ReturnType<typeof openStore>>,
  options: ResolvedHostOptions,
  components: OpenHostComponents,
): Promise<RunningHost> => {
  const identity = await store.client.request('openIdentity', { defaultName: options.name });
  const { devices } = await store.client.request('listDevices', {});
  const { peers: presences } = await store.client.request('listPresence', {});
  const stored = await store.client.request('getSetting', { name: 'relay' });
  const { kind: key } = await store.client.request('describeKey', {});
  const { id, endpointId, name, incarnation } = identity;
  const instance = Buffer.from(components.random.bytes(INSTANCE_BYTES)).toString('hex');
  const claim = startClaim(identity.secretKey, { incarnation, instance });
  const presenceKey = await openPresenceKey(store, components.random);
  const parts = placeParts(store, identity, options, components);
  const peers = peerRegistry(devices, presences);
  const system: System = {
    ...components,
    options,
    identity,
    parts,
    loopbackPort: components.holdLoopbackPort((connection) => parts.switchboard.passConnection(connection), components),
    peers,
    own: ownPresence({ id, endpointId, name }, presenceKey.current, { incarnation, claim }),
    presenceKey,
    records: deviceRecords({ ...components, parts, inBackground: inBackground(components) }),
    instance,
    condition: ownCondition(),
    bytes: countedBytes({ ...components, parts, peers, inBackground: inBackground(components) }),
    unpaired: await openUnpairedEndpoints(store),
    blocked: await openBlockedDevices(store),
    settled: settledPairing(components.clock),
    storeHealth: { key, problem: null, isCloned: false },
    inbox: hostInbox(store),
    jobs: options.runsTasksInline ? inlineJobs() : pooledJobs(taskPool({}, components)),
    inBackground: inBackground(components),
  };
  const kept = await openKeptServices(store);
  const served = servedServices({ ...system, kept, services: system.parts.services });
  const presence = devicePresences(system);
  const receives = receiving({ ...system, persistence: store, served, findDevice: system.peers.find });
  let composition: Composition | undefined;
  const stop = async (): Promise<void> => {
    served.cancel();
    presence.cancel();
    await composition?.stop();
    await system.jobs.close();
  };
  try {
    composition = await compose(system, options.relay ?? resolveRelayChoice(stored.value ?? 'default'));
    await served.restore();
    await receives.restore();
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    system,
    presence,
    served,
    receiving: receives,
    composition,
    sender: messageSender(system),
    stop: async () => {
      await stop();
      await store.stop();
    },
  };
};
