import { runWorker } from '@bowline/supervisor/worker';
import { servicesWorker } from './worker-definition.ts';

await runWorker(servicesWorker);
