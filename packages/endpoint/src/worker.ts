import { runWorker } from '@bowline/supervisor/worker';
import { endpointWorker } from './worker-definition.ts';

await runWorker(endpointWorker);
// What iroh still does about dials nobody answered keeps the process for seconds, and there is nobody left to wait for it.
process.exit();
