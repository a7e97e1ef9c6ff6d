import { runWorker } from '@bowline/supervisor/worker';
import { relaySwitchboardWorker } from './worker-definition.ts';

await runWorker(relaySwitchboardWorker);
