import type { Placement } from '@bowline/contracts';
import { SEARCH_SOURCES } from './search-sources.ts';

/** A discovery source: the one for the local network, and those of `SEARCH_SOURCES`. */
export type DiscoveryWorkerName = `discovery-${string}`;

/** The workers a host places; the same names that `bowline worker` takes and `status` reports. */
export type WorkerName =
  | 'persistence'
  | 'relay-switchboard'
  | 'endpoint'
  | DiscoveryWorkerName
  | 'reconnection-scheduler'
  | 'relay-refresh'
  | 'address-observation'
  | 'tcp-transport';

export type PlacementTable = Readonly<Record<WorkerName, Placement>>;

/**
 * Where each worker runs unless the app says otherwise.
 *
 * `endpoint` is native code that can abort its process, and `relay-switchboard` must outlive it and share no event
 * loop with it: a process each. The database and multicast block or misbehave in ways that must not stall the host: a
 * thread each. The rest only decides, in microseconds: inline.
 */
export const PLACEMENTS: PlacementTable = Object.freeze({
  persistence: 'thread',
  'relay-switchboard': 'process',
  endpoint: 'process',
  'discovery-mdns': 'thread',
  ...Object.fromEntries(SEARCH_SOURCES.map(({ worker }) => [worker.name, 'inline'] as const)),
  'reconnection-scheduler': 'inline',
  'relay-refresh': 'inline',
  'address-observation': 'inline',
  'tcp-transport': 'inline',
});

/** All in the app's own thread: for a bundle of one file, and where no process can be started. */
export const INLINE: PlacementTable = Object.freeze(
  Object.fromEntries(Object.keys(PLACEMENTS).map((name) => [name, 'inline'])) as Record<WorkerName, Placement>,
);

/** Parts that converse with several others all the time: they live in the host's thread, and run alone to be looked at. */
export type ConductorName = 'links' | 'services' | 'pairing-sessions';

/** Everything that runs alone, by name. */
export const WORKER_NAMES: readonly (WorkerName | ConductorName)[] = Object.freeze([
  ...(Object.keys(PLACEMENTS) as WorkerName[]),
  'links',
  'services',
  'pairing-sessions',
]);
