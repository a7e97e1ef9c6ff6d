// Bundles the inspector's page into apps/inspector/dist/page, in well under a second. Runs after `npm ci` in the checkout
// and before the package is published; a page that is newer than its sources is left as it is.
import { copyFileSync, existsSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const source = fileURLToPath(new URL('../apps/inspector/page', import.meta.url));
const target = fileURLToPath(new URL('../apps/inspector/dist/page', import.meta.url));
const copied = ['index.html', 'page.css'];

/** What the page says in words comes from here. */
const words = fileURLToPath(new URL('../packages/diagnosis/src/phrases', import.meta.url));
const newest = Math.max(
  ...[source, words].flatMap((folder) => readdirSync(folder).map((file) => statSync(join(folder, file)).mtimeMs)),
);
const bundle = join(target, 'page.js');

if (process.argv.includes('--force') || !existsSync(bundle) || statSync(bundle).mtimeMs <= newest) {
  const { build } = await import('esbuild');
  mkdirSync(target, { recursive: true });
  await build({
    entryPoints: [join(source, 'main.tsx')],
    outfile: bundle,
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    // The sources of other packages: nothing has to be built before.
    conditions: ['bowline-source'],
    jsx: 'automatic',
    jsxImportSource: 'preact',
    legalComments: 'none',
    logLevel: 'warning',
  });
  for (const file of copied) copyFileSync(join(source, file), join(target, file));
}
