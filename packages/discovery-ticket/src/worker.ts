import { runWorker } from '@bowline/supervisor/worker';
import { ticketDiscoveryWorker } from './worker-definition.ts';

await runWorker(ticketDiscoveryWorker);
