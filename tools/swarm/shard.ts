/** One thread of the swarm: runs what it is given, one swarm after the other, and answers with what came of each. */
import { parentPort } from 'node:worker_threads';
import { runSwarm, type SwarmInput } from './run-swarm.ts';

parentPort?.on('message', async (input: SwarmInput) => {
  parentPort?.postMessage(await runSwarm(input));
});
