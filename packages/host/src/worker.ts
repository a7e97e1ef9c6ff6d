/**
 * Any one worker, by the name that is the first argument of its process or thread: the module that
 * `createHost({ workers })` is told the place of, where an app is bundled and the packages' own files are not there.
 */
import { errorMessage } from '@bowline/contracts';
import { runWorker } from '@bowline/supervisor/worker';
import type { WorkerName } from './placement.ts';
import { SEARCH_SOURCES } from './search-sources.ts';

/** Each loads its own package alone, but for the sources that only search: they are small, and one list. */
const PROGRAMS: Readonly<Record<WorkerName, () => Promise<void>>> = {
  persistence: async () => runWorker((await import('@bowline/persistence')).persistenceWorker),
  'relay-switchboard': async () => runWorker((await import('@bowline/relay-switchboard')).relaySwitchboardWorker),
  endpoint: async () => runWorker((await import('@bowline/endpoint')).endpointWorker),
  'discovery-mdns': async () => runWorker((await import('@bowline/discovery-mdns')).discoveryMdnsWorker),
  ...Object.fromEntries(SEARCH_SOURCES.map(({ worker }) => [worker.name, () => runWorker(worker)])),
  'reconnection-scheduler': async () =>
    runWorker((await import('@bowline/reconnection-scheduler')).reconnectionSchedulerWorker),
  'relay-refresh': async () => runWorker((await import('@bowline/relay-refresh')).relayRefreshWorker),
  'tcp-transport': async () => runWorker((await import('@bowline/tcp-transport')).tcpTransportWorker),
  'address-observation': async () => runWorker((await import('@bowline/address-observation')).addressObservationWorker),
};

const run = async (name: string): Promise<void> => {
  const program = Object.entries(PROGRAMS).find(([each]) => each === name)?.[1];
  if (program === undefined) throw new TypeError(`There is no worker "${name}"; a host starts this module by itself.`);
  await program();
};

// No `await` out here: a bundle may be of a format that has none.
run(process.argv[2] ?? '').catch((error: unknown) => {
  process.stderr.write(`${errorMessage(error)}\n`);
  process.exitCode = 1;
});
