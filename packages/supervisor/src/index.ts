/**
 * Places actors inline, in threads or in processes; starts, restarts and stops them; runs finite tasks in a pool.
 *
 * @packageDocumentation
 */
export { type ServedWorker, type ServeWorkerOptions, serveWorker, type WorkerEnd } from './child/serve-worker.ts';
export { type JsonLinesWorkerOptions, serveWorkerOnJsonLines } from './child/serve-worker-on-json-lines.ts';
export { WorkerStopTimeoutError } from './errors.ts';
