import { runWorker } from '@bowline/supervisor/worker';
import { mdnsDiscoveryWorker } from './worker-definition.ts';

await runWorker(mdnsDiscoveryWorker);
