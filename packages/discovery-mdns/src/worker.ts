import { runWorker } from '@bowline/supervisor/worker';
import { discoveryMdnsWorker } from './worker-definition.ts';

await runWorker(discoveryMdnsWorker);
