import { type Cancel, mdnsProblemSentence } from '@bowline/contracts';
import type { System } from '../system.ts';

/** Notes, and tells the app, why multicast does not work on this device. */
export const watchMulticast = ({ condition, parts, hub }: System): Cancel =>
  parts.mdns.client.on('health.changed', ({ problem }) => {
    condition.mdnsProblem = problem;
    const told = problem === null ? null : mdnsProblemSentence(problem);
    hub.tell({ event: 'discovery.healthChanged', problem: told });
  });
