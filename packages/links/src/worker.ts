import { runWorker } from '@bowline/supervisor/worker';
import { linksWorker } from './worker-definition.ts';

await runWorker(linksWorker);
