/** `npm run bench NAME …`: runs one of `tools/bench` on the sources; further arguments are the benchmark's. */
import { existsSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const [name = ''] = process.argv.slice(2);
const folder = fileURLToPath(new URL('bench/', import.meta.url));
const file = `${folder}${name}.ts`;
if (!/^[a-z-]+$/.test(name) || !existsSync(file)) {
  const names = readdirSync(folder).flatMap((entry) => /^(.+)\.ts$/.exec(entry)?.[1] ?? []);
  process.stderr.write(`Name a benchmark: npm run bench NAME, of ${names.join(', ')}.\n`);
  process.exit(2);
}
process.argv.splice(2, 1, file);
await import('./run-sources.ts');
