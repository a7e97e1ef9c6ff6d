import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Registry } from './registry.ts';
import { PackageTestError, run, runBeside } from './step.ts';

const APPS = fileURLToPath(new URL('apps/', import.meta.url));

/** What one step of somebody's app may take. */
const STEP_DEADLINE_MS = 240_000;

/** What an app of `apps/` reports. */
export interface Report {
  readonly text: string;
  readonly rttMs: number | null;
  readonly problem: string | null;
  readonly placements: Readonly<Record<string, string>>;
  /** The status of the inspector's page, or the code of the error instead. */
  readonly page: number | string;
  readonly refusal: string;
}

/** Somebody's folder, with nothing of the checkout in it or around it. */
export interface Consumer {
  readonly folder: string;
  npm(what: string, args: readonly string[], node?: string): Promise<string>;
  node(what: string, args: readonly string[], node?: string): Promise<string>;
  /** Runs an app of `apps/` that ends with a report, with a relay to choose. */
  app(what: string, file: string, relayUrl: string, node?: string): Promise<Report>;
  /** Runs the relay of the package that is installed here, until all ends. @returns its URL */
  relay(): Promise<string>;
}

/**
 * The environment of somebody who has never seen this checkout: nothing that npm or the test run has set, a cache and a
 * configuration of his own.
 */
export const consumerEnvironment = (work: string, registry: Registry, node: string): NodeJS.ProcessEnv => {
  const kept = Object.entries(process.env).filter(
    ([name]) => !/^(npm_|NODE_|INIT_CWD$|CI$|BOWLINE_|NX_)/i.test(name) || name === 'NODE_EXTRA_CA_CERTS',
  );
  const env = Object.fromEntries(kept);
  const path = (env.PATH ?? '').split(delimiter).filter((entry) => !entry.includes('node_modules'));
  return {
    ...env,
    PATH: [dirname(node), ...path].join(delimiter),
    npm_config_registry: registry.url,
    npm_config_cache: join(work, 'npm-cache'),
    npm_config_userconfig: join(work, 'npmrc'),
    npm_config_fund: 'false',
    npm_config_audit: 'false',
    npm_config_update_notifier: 'false',
    XDG_RUNTIME_DIR: work,
  };
};

/** @param name of the folder, made here */
export const consumer = (work: string, registry: Registry, name: string): Consumer => {
  const folder = join(work, name);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify({ name: `consumer-${name}`, private: true })}\n`);
  cpSync(APPS, folder, { recursive: true });
  const options = (node: string) => ({
    cwd: folder,
    env: consumerEnvironment(work, registry, node),
    deadlineMs: STEP_DEADLINE_MS,
  });
  const runNode = (what: string, args: readonly string[], node = process.execPath) =>
    run(what, [node, ...args], options(node));
  return {
    folder,
    npm: (what, args, node = process.execPath) => run(what, [node, NPM, ...args], options(node)),
    node: runNode,
    relay: () => startRelay(folder, options(process.execPath).env),
    app: async (what, file, relayUrl, node) => {
      const printed = await runNode(what, [file, relayUrl], node);
      const line = /^RESULT (.+)$/m.exec(printed)?.[1];
      if (line === undefined) throw new PackageTestError(`${what}: it ended without a result.\n${printed}`);
      return JSON.parse(line) as Report;
    },
  };
};

/** npm's own program, as the one that started this knows it. */
export const NPM = process.env.npm_execpath ?? '';

export const installedVersion = (folder: string, name: string): string =>
  (JSON.parse(readFileSync(join(folder, 'node_modules', name, 'package.json'), 'utf8')) as { version: string }).version;

const startRelay = async (cwd: string, env: NodeJS.ProcessEnv): Promise<string> => {
  const program = join(cwd, 'node_modules/bowline/bin/bowline');
  const args = [program, 'relay', 'serve', '--bind', '127.0.0.1', '--port', '0', '--json'];
  const { stdout, stderr } = runBeside(process.execPath, args, { cwd, env });
  let said = '';
  stderr?.on('data', (chunk: Buffer) => {
    said = (said + chunk.toString()).slice(-2_000);
  });
  if (stdout !== null) {
    for await (const line of createInterface({ input: stdout })) {
      const { event, url } = JSON.parse(line) as { readonly event: string; readonly url?: string };
      if (event === 'listening' && url !== undefined) return url;
    }
  }
  throw new PackageTestError(`bowline relay serve: it ended.\n${said}`);
};
