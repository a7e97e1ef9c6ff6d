import { runWorker } from '@bowline/supervisor/worker';
import { discoveryTicketWorker } from './worker-definition.ts';

await runWorker(discoveryTicketWorker);
