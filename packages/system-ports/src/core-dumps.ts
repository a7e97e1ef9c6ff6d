import { writeFileSync } from 'node:fs';

/** What Linux writes of a process that crashes: a set of kinds of memory, here the empty one (core(5)). */
const CORE_DUMP_FILTER = '/proc/self/coredump_filter';

/**
 * Keeps the memory of this process, and so its keys, out of core dumps; children inherit it. On Linux alone: macOS writes
 * none unless somebody raises its limit, and what Windows writes is set for the whole machine.
 *
 * @returns whether it could be done
 */
export const clearMemoryFromCoreDumps = (platform: NodeJS.Platform = process.platform): boolean => {
  if (platform !== 'linux') return false;
  try {
    writeFileSync(CORE_DUMP_FILTER, '0');
    return true;
  } catch {
    // Without /proc nobody reads it either; a system that forbids it has its reasons, and a crash is not what runs now.
    return false;
  }
};
