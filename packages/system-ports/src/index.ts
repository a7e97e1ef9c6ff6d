/**
 * The operating system's clock and randomness behind the ports of `@bowline/contracts`, and the release of a package on it.
 * Only `apps`, `host` and worker entries use it; everything else is handed a clock and a generator.
 *
 * @packageDocumentation
 */
export { clearMemoryFromCoreDumps } from './core-dumps.ts';
export { releaseOf } from './release-of.ts';
export { sessionBusAddress } from './session-bus.ts';
export { systemClock } from './system-clock.ts';
export { systemRandom } from './system-random.ts';
