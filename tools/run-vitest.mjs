// `npm test`: at the root every test but those on real networks, in a package's folder that package's; `npm run test:netns`:
// those on real networks. Further arguments go to vitest.
import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const vitest = join(dirname(createRequire(import.meta.url).resolve('vitest/package.json')), 'vitest.mjs');
const here = relative(root, process.cwd());
const given = process.argv.slice(2);
const projects = given.some((argument) => argument.startsWith('--project')) ? [] : ['--project=!netns'];
const args = ['run', '--root', root, ...(here === '' ? [] : [`${here}/`]), ...projects, ...given];
// Every process the tests start loads the same sources: compiled once, that is a third less work for all of them.
const env = given.some((argument) => argument.startsWith('--coverage'))
  ? process.env
  : { NODE_COMPILE_CACHE: join(root, 'node_modules', '.cache', 'compiled'), ...process.env };
const child = spawn(process.execPath, [vitest, ...args], { stdio: 'inherit', env });
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
child.on('exit', (code, signal) => process.exit(code ?? (signal === null ? 1 : 143)));
