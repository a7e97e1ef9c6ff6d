import { runWorker } from '@bowline/supervisor/worker';
import { persistenceWorker } from './worker-definition.ts';

await runWorker(persistenceWorker);
