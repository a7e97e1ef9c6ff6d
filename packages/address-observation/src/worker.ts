import { runWorker } from '@bowline/supervisor/worker';
import { addressObservationWorker } from './worker-definition.ts';

await runWorker(addressObservationWorker);
