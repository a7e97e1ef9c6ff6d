/**
 * Loaded first into every process of an honest device: a signal makes it collect its garbage, so that what is measured
 * is what it holds.
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

export const COLLECT_SIGNAL = 'SIGUSR2';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;
process.on(COLLECT_SIGNAL, () => collect());
