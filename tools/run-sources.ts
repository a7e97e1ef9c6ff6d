/**
 * `node tools/run-sources.ts FILE …`: runs a program of this repository on the sources of its packages, and so runs
 * everything that it starts. The same as `NODE_OPTIONS=--conditions=bowline-source node FILE …`, on every system. With `--help` it
 * prints what the program says of itself in its first comment.
 */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { firstComment } from './first-comment.ts';
import { withSources } from './source-condition.ts';

const [file = '', ...options] = process.argv.slice(2);
if (options.includes('--help') || options.includes('-h')) {
  process.stdout.write(firstComment(readFileSync(file, 'utf8')));
  process.exit(0);
}
withSources();
const child = spawn(process.execPath, [file, ...options], { stdio: 'inherit' });
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => child.kill(signal));
child.on('exit', (code, signal) => process.exit(code ?? (signal === null ? 1 : 143)));
