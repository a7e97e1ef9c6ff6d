/**
 * `npm run kills [COUNT] [SEED]`: kills the owner of a store at random moments (pairing, unpairing, blocking, unblocking, a
 * setting, a backup, a migration), each time with the next one on what is left. What was acknowledged must be there, and
 * what was under way wholly or not at all. Prints what was killed, and everything that was not so; exit code 1 then.
 */
import { killRounds } from './kill-rounds.ts';

const [count = '200', seed = String(Date.now() % 100_000)] = process.argv.slice(2);
const report = await killRounds(Number(count), Number(seed));
process.stdout.write(`${JSON.stringify({ seed: Number(seed), ...report }, null, 2)}\n`);
process.exitCode = report.problems.length === 0 ? 0 : 1;
