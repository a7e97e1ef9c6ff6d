import { runWorker } from '@bowline/supervisor/worker';
import { reconnectionSchedulerWorker } from './worker-definition.ts';

await runWorker(reconnectionSchedulerWorker);
