import type {
  AddressObservationChannel,
  ChannelDefinition,
  Clock,
  DiscoveryChannel,
  DiscoveryMdnsChannel,
  EndpointChannel,
  LinksChannel,
  Logger,
  LogLevel,
  PairingSessionsChannel,
  PersistenceChannel,
  Random,
  ReconnectionSchedulerChannel,
  RelayRefreshChannel,
  RelaySwitchboardChannel,
  ServicesChannel,
  StoredIdentity,
  TcpTransportChannel,
} from '@bowline/contracts';
import type { SupervisedWorker, supervise } from '@bowline/supervisor';
import type { BlockedDevices } from './blocked-devices.ts';
import type { CountedBytes } from './counted-bytes.ts';
import type { DeviceRecords } from './device-records.ts';
import type { EventHub } from './event-hub.ts';
import type { FiniteJobs } from './finite-jobs.ts';
import type { LoopbackPort, loopbackPort } from './loopback-port.ts';
import type { HostInbox } from './messages/inbox.ts';
import type { MessageHandlerSlot } from './messages/message-handler.ts';
import type { NetworkInterfaces } from './network-fingerprint.ts';
import type { ResolvedHostOptions } from './options.ts';
import type { OwnCondition } from './own-condition.ts';
import type { OwnPresence } from './own-presence.ts';
import type { PeerRegistry } from './peers/peer-registry.ts';
import type { KeptPresenceKey } from './presence-key.ts';
import type { SettledPairing } from './settled-pairing.ts';
import type { StoreHealth } from './store-health.ts';
import type { UnpairedEndpoints } from './unpaired-endpoints.ts';

/** What a host is given by its app; tests replace each. */
export interface HostComponents {
  readonly logger: Logger;
  readonly clock: Clock;
  readonly random: Random;
  readonly networkInterfaces: NetworkInterfaces;
  /** What workers in threads and processes write to stderr; inline parts write to `logger`. */
  readonly workerLogLevel: LogLevel;
}

/** The same, and what runs its workers: a simulation has its own. */
export interface PlacementComponents extends HostComponents {
  /** Keeps each worker running where it was placed. */
  readonly supervise: typeof supervise;
  /** Holds the port of loopback. */
  readonly holdLoopbackPort: typeof loopbackPort;
}

/** The worker that speaks channel `C`, wherever it runs. */
type Part<C extends ChannelDefinition> = SupervisedWorker<C>;

/** Every worker of a running host, in the order they start. */
export interface HostParts {
  readonly persistence: Part<PersistenceChannel>;
  readonly switchboard: Part<RelaySwitchboardChannel>;
  readonly endpoint: Part<EndpointChannel>;
  readonly mdns: Part<DiscoveryMdnsChannel>;
  /** Those of `SEARCH_SOURCES`, in that order. */
  readonly searchSources: readonly Part<DiscoveryChannel>[];
  readonly scheduler: Part<ReconnectionSchedulerChannel>;
  readonly refresh: Part<RelayRefreshChannel>;
  readonly observation: Part<AddressObservationChannel>;
  readonly tcp: Part<TcpTransportChannel>;
  readonly links: Part<LinksChannel>;
  readonly services: Part<ServicesChannel>;
  readonly pairing: Part<PairingSessionsChannel>;
}

/** Everything the wires between the parts need to see. Only `compose.ts`, `host.ts` and `wiring/` use it. */
export interface System extends HostComponents {
  readonly options: ResolvedHostOptions;
  readonly identity: StoredIdentity;
  /** Which run of this device it is: 16 random hexadecimal digits. */
  readonly instance: string;
  readonly parts: HostParts;
  readonly peers: PeerRegistry;
  readonly own: OwnPresence;
  readonly presenceKey: KeptPresenceKey;
  readonly records: DeviceRecords;
  readonly condition: OwnCondition;
  readonly bytes: CountedBytes;
  readonly unpaired: UnpairedEndpoints;
  readonly loopbackPort: LoopbackPort;
  readonly blocked: BlockedDevices;
  readonly settled: SettledPairing;
  readonly hub: EventHub;
  readonly storeHealth: StoreHealth;
  readonly inbox: HostInbox;
  readonly messageHandler: MessageHandlerSlot;
  readonly jobs: FiniteJobs;
  /** Runs what nobody waits for; a failure is logged with its label, never lost. */
  readonly inBackground: (label: string, task: () => Promise<unknown>) => void;
}
