import { build } from 'vite';

const [, , outDir] = process.argv;
await build({
  configFile: false,
  logLevel: 'warn',
  build: {
    ssr: true,
    target: 'node22',
    outDir,
    emptyOutDir: true,
    rollupOptions: {
      input: { inline: 'inline.mjs', placed: 'placed.mjs', worker: 'worker.mjs' },
      output: { entryFileNames: '[name].mjs', chunkFileNames: 'chunks/[name]-[hash].mjs' },
    },
  },
  ssr: { noExternal: true, external: ['@number0/iroh'] },
});
