import { getRandomValues } from 'node:crypto';
import type { Random } from '@bowline/contracts';

/** The operating system's generator: fit for keys. */
export const systemRandom: Random = Object.freeze({
  bytes: (sizeBytes: number) => getRandomValues(new Uint8Array(sizeBytes)),
  ratio: () => Math.random(),
});
