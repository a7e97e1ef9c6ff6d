import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from '../../packages/testing/src/free-port.ts';
import { ROOT } from '../package-shape.ts';
import { PackageTestError, runBeside } from './step.ts';

const START_DEADLINE_MS = 90_000;
const LOOK_EVERY_MS = 100;

/** A registry on this machine that has our packages alone, and gets all others from the configured one. */
export interface Registry {
  readonly url: string;
}

/** @param uplink the registry that npm is configured with */
export const startRegistry = async (folder: string, uplink: string): Promise<Registry> => {
  mkdirSync(join(folder, 'storage'), { recursive: true });
  const port = await freePort('tcp');
  const config = join(folder, 'verdaccio.json');
  const ours = { access: '$all', publish: '$all', unpublish: '$all' };
  writeFileSync(
    config,
    JSON.stringify({
      storage: join(folder, 'storage'),
      uplinks: { configured: { url: uplink, timeout: '60s', maxage: '60m', fail_timeout: '1s' } },
      packages: {
        bowline: ours,
        '@bowline/*': ours,
        '**': { access: '$all', publish: '$authenticated', proxy: 'configured' },
      },
      web: { enable: false },
      max_body_size: '50mb',
      log: { type: 'stdout', format: 'pretty', level: 'warn' },
    }),
  );
  const program = join(ROOT, 'node_modules/verdaccio/bin/verdaccio');
  const child = runBeside(process.execPath, [program, '--config', config, '--listen', `127.0.0.1:${port}`], {
    cwd: folder,
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk: Buffer) => {
      said = (said + chunk.toString()).slice(-2_000);
    });
  }
  const url = `http://127.0.0.1:${port}/`;
  const startedAtMs = performance.now();
  while (!(await answers(url))) {
    if (child.exitCode !== null || performance.now() - startedAtMs > START_DEADLINE_MS) {
      throw new PackageTestError(`The registry did not start on ${url}.\n${said}`);
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
  return { url };
};

const answers = async (url: string): Promise<boolean> => {
  try {
    return (await fetch(`${url}-/ping`, { signal: AbortSignal.timeout(1_000) })).ok;
  } catch {
    return false;
  }
};
