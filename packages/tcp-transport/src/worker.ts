import { runWorker } from '@bowline/supervisor/worker';
import { tcpTransportWorker } from './worker-definition.ts';

await runWorker(tcpTransportWorker);
