import { build } from 'esbuild';

const shared = { bundle: true, platform: 'node', target: 'node22', external: ['@number0/iroh'], logLevel: 'warning' };
const [, , outdir] = process.argv;

// Libraries in CommonJS ask for Node's own modules by `require`, which an ES module has to be given.
const banner = { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" };
await build({
  ...shared,
  entryPoints: ['inline.mjs', 'placed.mjs', 'worker.mjs'],
  format: 'esm',
  outdir,
  outExtension: { '.js': '.mjs' },
  banner,
});
await build({
  ...shared,
  entryPoints: ['inline.mjs'],
  format: 'cjs',
  outdir,
  outExtension: { '.js': '.cjs' },
  // Asked for installed workers alone, of which a bundle has none.
  logOverride: { 'empty-import-meta': 'silent' },
});
