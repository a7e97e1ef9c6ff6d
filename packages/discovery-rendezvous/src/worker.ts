import { runWorker } from '@bowline/supervisor/worker';
import { rendezvousDiscoveryWorker } from './worker-definition.ts';

await runWorker(rendezvousDiscoveryWorker);
