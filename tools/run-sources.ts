/**
 * `node tools/run-sources.ts FILE …`: runs a program of this repository on the sources of its packages, and so runs
 * everything that it starts. The same as `NODE_OPTIONS=--conditions=bowline-source node FILE …`, on every system.
 */
import { spawn } from 'node:child_process';
import { withSources } from './source-condition.ts';

withSources();
const child = spawn(process.execPath, process.argv.slice(2), { stdio: 'inherit' });
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => child.kill(signal));
child.on('exit', (code, signal) => process.exit(code ?? (signal === null ? 1 : 143)));
