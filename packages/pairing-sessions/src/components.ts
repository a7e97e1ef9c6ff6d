import type {
  ActorComponents,
  ChannelClient,
  DiscoveryMdnsChannel,
  DiscoverySource,
  EndpointChannel,
  PairingSessionsChannel,
  PersistenceChannel,
  RelaySwitchboardChannel,
} from '@bowline/contracts';
import type { EndpointConnections } from '@bowline/endpoint-connections';
import type { MachineWatch } from '@bowline/machines';
import type { PairingSessionsOptions } from './options.ts';
import type { OwnIdentity } from './own-identity.ts';
import type { RelayHints } from './relay-hints.ts';
import type { SessionRecords } from './session-records.ts';

/** The other actors pairing speaks to. */
export interface PairingPeers {
  readonly endpoint: ChannelClient<EndpointChannel>;
  readonly switchboard: ChannelClient<RelaySwitchboardChannel>;
  /** Where a code that is shown is announced. */
  readonly lan: Pick<ChannelClient<DiscoveryMdnsChannel>, 'request'>;
  /** Where the device that shows a code is looked for, in the order in which it is told why they led nowhere. */
  readonly sources: readonly DiscoverySource[];
  readonly persistence: ChannelClient<PersistenceChannel>;
}

/** What the actor is given by whoever places it. */
export type PairingSessionsComponents = ActorComponents<PairingSessionsChannel> & PairingPeers;

/** What every part of a running actor needs. */
export interface SessionComponents extends PairingSessionsComponents {
  readonly options: PairingSessionsOptions;
  readonly connections: EndpointConnections;
  readonly self: OwnIdentity;
  readonly machines: MachineWatch;
  /** Opens the store for one session. */
  readonly openRecords: () => SessionRecords;
  /** Opens the hints of one session. */
  readonly openHints: () => RelayHints;
}
