/** `npm run machines [PORT]`: serves a page on loopback on which both pairing machines run against each other. */
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { build, type Plugin } from 'esbuild';

const folder = fileURLToPath(new URL('../apps/inspector/page/', import.meta.url));

/** What is called while modules are loaded: enough for their constants, which no machine asks for. */
const NOTHING = `
class Nothing { constructor() { return new Proxy(this, { get: () => () => undefined }); } }
const isIP = (text) => (/^[0-9.]+$/.test(text) ? 4 : text.includes(':') ? 6 : 0);
const [isIPv4, isIPv6] = [(text) => isIP(text) === 4, (text) => isIP(text) === 6];
module.exports = { BlockList: Nothing, isIP, isIPv4, isIPv6 };`;

/** What the machines share with parts that run in Node imports it; none of that runs in a browser. */
const withoutNode: Plugin = {
  name: 'without-node',
  setup: (plugin) => {
    plugin.onResolve({ filter: /^node:/ }, ({ path }) => ({ path, namespace: 'without-node' }));
    plugin.onLoad({ filter: /.*/, namespace: 'without-node' }, () => ({ contents: NOTHING }));
  },
};

/** The page as one script. */
export const bundleMachinesPage = async (): Promise<string> => {
  const { outputFiles } = await build({
    entryPoints: [`${folder}pairing-machines.tsx`],
    bundle: true,
    write: false,
    format: 'esm',
    target: 'es2022',
    conditions: ['bowline-source'],
    jsx: 'automatic',
    jsxImportSource: 'preact',
    // As above, for what Node has everywhere.
    banner: { js: 'globalThis.Buffer ??= { from: () => new Uint8Array() };' },
    plugins: [withoutNode],
    logLevel: 'error',
  });
  return outputFiles[0]?.text ?? '';
};

/** Serves the page. @returns its address, and what ends it */
export const serveMachinesPage = async (port: number): Promise<{ readonly url: string; close(): void }> => {
  const script = await bundleMachinesPage();
  const files = new Map([
    ['/', ['text/html; charset=utf-8', readFileSync(`${folder}index.html`, 'utf8')]],
    ['/page.css', ['text/css; charset=utf-8', readFileSync(`${folder}page.css`, 'utf8')]],
    ['/page.js', ['text/javascript; charset=utf-8', script]],
  ]);
  const server = createServer((request, response) => {
    const [contentType = 'text/plain', body = 'not found'] = files.get(request.url ?? '/') ?? [];
    response.writeHead(files.has(request.url ?? '/') ? 200 : 404, { 'content-type': contentType });
    response.end(body);
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const { port: opened } = server.address() as AddressInfo;
  const close = (): void => {
    server.closeAllConnections();
    server.close();
  };
  return { url: `http://127.0.0.1:${opened}/`, close };
};

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { url } = await serveMachinesPage(Number(process.argv[2] ?? 0));
  process.stdout.write(`Two pairing machines: ${url}\nCtrl+C ends it.\n`);
}
