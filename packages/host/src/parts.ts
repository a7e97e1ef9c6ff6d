import { addressObservationWorker } from '@bowline/address-observation';
import {
  type Actor,
  type ActorComponents,
  type ChannelDefinition,
  linksChannel,
  type PersistenceChannel,
  pairingSessionsChannel,
  type StoredIdentity,
  servicesChannel,
  type WorkerDefinition,
} from '@bowline/contracts';
import { mdnsSource } from '@bowline/discovery-mdns';
import { endpointWorker } from '@bowline/endpoint';
import { links } from '@bowline/links';
import { pairingSessions } from '@bowline/pairing-sessions';
import { persistenceWorker } from '@bowline/persistence';
import { reconnectionSchedulerWorker } from '@bowline/reconnection-scheduler';
import { relayRefreshWorker } from '@bowline/relay-refresh';
import { relaySwitchboardWorker } from '@bowline/relay-switchboard';
import { services } from '@bowline/services';
import type { SupervisedWorker } from '@bowline/supervisor';
import { tcpTransportWorker } from '@bowline/tcp-transport';
import { storeKeyOptions } from './key-options.ts';
import type { ResolvedHostOptions } from './options.ts';
import type { ConductorName, WorkerName } from './placement.ts';
import { SEARCH_SOURCES } from './search-sources.ts';
import type { HostParts, PlacementComponents } from './system.ts';

/** Where a worker's own program is: what runs when it is placed in a thread or a process, or alone. */
export const workerEntry = (name: WorkerName | ConductorName): URL =>
  new URL(import.meta.resolve(`@bowline/${name}/worker`));

declare global {
  interface ImportMeta {
    /** Set where the program was bundled: the file beside this one that runs every worker. */
    readonly programWorker?: string;
  }
}

const bundledWorker = (): URL | undefined => {
  // Written out: a bundler replaces these very words.
  const file = import.meta.programWorker;
  return file === undefined ? undefined : new URL(file, import.meta.url);
};

/** Places a worker by the table. */
const place = <C extends ChannelDefinition, O>(
  definition: WorkerDefinition<C, O>,
  options: O,
  { placement: table, workers }: Pick<ResolvedHostOptions, 'placement' | 'workers'>,
  ports: PlacementComponents,
): SupervisedWorker<C> => {
  const name = definition.name as WorkerName;
  const kind = table[name] ?? 'inline';
  const logLevel = ports.workerLogLevel;
  if (kind === 'inline') return ports.supervise({ definition, options, kind }, ports, { logLevel });
  return ports.supervise({ definition, options, entry: workers ?? bundledWorker() ?? workerEntry(name), kind }, ports, {
    logLevel,
  });
};

/** Places a part that listens to other parts in this host: it lives where their clients are. */
const placeInline = <C extends ChannelDefinition>(
  name: string,
  channel: C,
  create: (components: ActorComponents<C>) => Actor<C>,
  ports: PlacementComponents,
): SupervisedWorker<C> => {
  const definition: WorkerDefinition<C> = { name, channel, create: (_options, components) => create(components) };
  return ports.supervise({ definition, options: undefined, kind: 'inline' }, ports);
};

/** The store comes first: everything else needs the identity inside it. */
export const openStore = async (
  options: ResolvedHostOptions,
  ports: PlacementComponents,
): Promise<SupervisedWorker<PersistenceChannel>> => {
  const key = await storeKeyOptions(options, ports.logger);
  return place(persistenceWorker, { dataDir: options.dataDir, key }, options, ports);
};

/** Places all other parts around the open store. Nothing is started yet. */
export const placeParts = (
  persistence: SupervisedWorker<PersistenceChannel>,
  { incarnation }: StoredIdentity,
  hostOptions: ResolvedHostOptions,
  ports: PlacementComponents,
): HostParts => {
  const { mdns: mdnsEnabled, announces, bind, relayAccess } = hostOptions;
  const interfaces = bind.length === 0 ? 'all' : bind;
  const switchboard = place(
    relaySwitchboardWorker,
    { ...relayAccess, allowsThisMachine: hostOptions.isLoopbackOnly },
    hostOptions,
    ports,
  );
  const endpoint = place(endpointWorker, {}, hostOptions, ports);
  const mdns = place(mdnsSource.worker, { enabled: mdnsEnabled, announces, interfaces }, hostOptions, ports);
  const searched = SEARCH_SOURCES.map((source) => ({ source, part: place(source.worker, {}, hostOptions, ports) }));
  const peers = {
    endpoint: endpoint.client,
    switchboard: switchboard.client,
    persistence: persistence.client,
    lan: mdns.client,
    sources: [
      { ...mdnsSource, client: mdns.client },
      ...searched.map(({ source, part }) => ({ ...source, client: part.client })),
    ],
  };
  const linksPart = placeInline('links', linksChannel, (components) => links({})({ ...components, ...peers }), ports);
  const tcp = place(tcpTransportWorker, {}, hostOptions, ports);
  return {
    persistence,
    switchboard,
    endpoint,
    mdns,
    searchSources: searched.map(({ part }) => part),
    scheduler: place(reconnectionSchedulerWorker, {}, hostOptions, ports),
    refresh: place(relayRefreshWorker, { incarnation }, hostOptions, ports),
    observation: place(addressObservationWorker, {}, hostOptions, ports),
    tcp,
    links: linksPart,
    services: placeInline(
      'services',
      servicesChannel,
      (components) =>
        services({})({ ...components, endpoint: endpoint.client, links: linksPart.client, tcp: tcp.client }),
      ports,
    ),
    pairing: placeInline(
      'pairing-sessions',
      pairingSessionsChannel,
      (components) => pairingSessions({})({ ...components, ...peers }),
      ports,
    ),
  };
};
