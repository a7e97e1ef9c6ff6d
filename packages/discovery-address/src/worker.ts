import { runWorker } from '@bowline/supervisor/worker';
import { discoveryAddressWorker } from './worker-definition.ts';

await runWorker(discoveryAddressWorker);
