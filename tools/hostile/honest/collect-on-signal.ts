/**
 * Loaded first into every process of an honest device: a signal makes it collect its garbage, so that what is measured
 * is what it holds.
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

export const COLLECT_SIGNAL = 'SIGUSR2';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as (how: object) => void;
// As V8 does it before it runs out of memory: pages that became empty go back to the system.
process.on(COLLECT_SIGNAL, () => collect({ type: 'major', execution: 'sync', flavor: 'last-resort' }));
