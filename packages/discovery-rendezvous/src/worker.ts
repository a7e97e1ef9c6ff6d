import { runWorker } from '@bowline/supervisor/worker';
import { discoveryRendezvousWorker } from './worker-definition.ts';

await runWorker(discoveryRendezvousWorker);
