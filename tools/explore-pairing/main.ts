/**
 * `npm run explore:pairing`: both pairing machines against each other, through everything that a network and two crashing
 * devices can do, until there is no state left that was not seen. Exit code 1 when there is an end in which the two disagree for
 * good, or a state without an end. Takes minutes; `npm test` runs a part of it.
 */
import { explore } from './explore.ts';
import type { Budget } from './world.ts';

const BUDGETS: readonly Budget[] = [
  // The most of everything but connections, and the most connections.
  { connections: 2, losses: 2, repeats: 1, breaks: 1, crashes: 2, joins: 1, storeFailures: 1 },
  { connections: 3, losses: 1, repeats: 1, breaks: 2, crashes: 1, joins: 1, storeFailures: 0 },
];
const POLICIES = ['ask', 'accept'] as const;

let areAllRight = true;
for (const budget of BUDGETS) {
  for (const initiator of POLICIES) {
    for (const joiner of POLICIES) {
      const { machineStates, ...found } = explore({ initiator, joiner }, budget);
      areAllRight &&= found.counterexample === null && found.stuck === 0;
      process.stdout.write(
        `${JSON.stringify({ initiator, joiner, budget, machineStates: machineStates.size, ...found })}\n`,
      );
    }
  }
}
process.exitCode = areAllRight ? 0 : 1;
