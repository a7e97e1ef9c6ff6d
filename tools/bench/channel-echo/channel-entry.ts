import { runWorker } from '@bowline/supervisor/worker';
import { echoWorker } from './definition.ts';

await runWorker(echoWorker);
