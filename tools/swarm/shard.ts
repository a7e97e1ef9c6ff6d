/** One thread of the swarm: runs what it is given, one swarm after the other, and answers with what came of each. */
import { parentPort } from 'node:worker_threads';
import { runSwarm, type SwarmInput } from './run-swarm.ts';

// Errors are thrown by the thousand, most of them expected; where one that is not comes from, its first lines say.
Error.stackTraceLimit = 3;

parentPort?.on('message', async (input: SwarmInput) => {
  parentPort?.postMessage(await runSwarm(input));
});
