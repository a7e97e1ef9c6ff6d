/** One thread of the swarm: runs what it is given, one swarm after the other, and answers with what came of each. */
import { parentPort } from 'node:worker_threads';
import { runSwarm, type SwarmInput } from './run-swarm.ts';

/** Lines of the stack of each error in a household that is looked at alone: where one comes from that was not expected. */
const STACK_LINES = 3;

parentPort?.on('message', async (input: SwarmInput) => {
  // Errors are made by the thousand, most of them expected, and writing down their stacks costs more than all else of them.
  Error.stackTraceLimit = input.household === null ? 0 : STACK_LINES;
  parentPort?.postMessage(await runSwarm(input));
});
