import { runWorker } from '@bowline/supervisor/worker';
import { pairingSessionsWorker } from './worker-definition.ts';

await runWorker(pairingSessionsWorker);
