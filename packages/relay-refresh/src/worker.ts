import { runWorker } from '@bowline/supervisor/worker';
import { relayRefreshWorker } from './worker-definition.ts';

await runWorker(relayRefreshWorker);
