import { runWorker } from '@bowline/supervisor/worker';
import { endpointWorker } from './worker-definition.ts';

await runWorker(endpointWorker);
