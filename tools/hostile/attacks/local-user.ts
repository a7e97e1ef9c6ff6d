import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { RELAY_SUBPROTOCOLS } from '@bowline/relay-protocol';
import type { Attack, Scene } from '../attack.ts';
import { loopbackPorts } from '../honest/loopback-ports.ts';

/** Whoever has no rights of anybody else's. */
const NOBODY = { uid: 65_534, gid: 65_534 } as const;

const IDLE_CONNECTIONS = { short: 2_000, full: 8_000 } as const;

/** A device has so long to end what is too much: less than it gives anybody for a login, so that it is not this that ends it. */
const IDLE_MS = 3_000;

/** Connections that say nothing, of which a device may keep so many: 64 in its host, 64 on their way, 512 in its switchboard. */
const MAX_KEPT = 640;

const PROGRAM = new URL('../raw/local-user.mjs', import.meta.url);

interface Findings {
  /** What it could do that it must not. */
  readonly got: readonly string[];
  /** Silent connections each port kept. */
  readonly kept: readonly number[];
}

const asNobody = async (task: object): Promise<Findings> => {
  const { NODE_OPTIONS: _ours, ...env } = process.env;
  const child = spawn(process.execPath, ['--input-type=module'], {
    ...NOBODY,
    cwd: '/',
    env,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  // Its program comes as text: nobody need not be allowed to read this checkout.
  child.stdin.end(`const task = ${JSON.stringify(task)};\n${readFileSync(PROGRAM, 'utf8')}`);
  let printed = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    printed += text;
  });
  await once(child, 'close');
  return JSON.parse(printed) as Findings;
};

const filesIn = (folder: string): readonly string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true }).map(({ name, parentPath }) => join(parentPath, name));

const attackAsNobody = async (scene: Scene): Promise<void> => {
  const { breach, initiator, joiner, offer, scale, tally } = scene;
  const pids = (await Promise.all([initiator, joiner].map((device) => device.pids()))).flat();
  const folders = [initiator, joiner].map(({ dataDir }) => dataDir);
  const ports = loopbackPorts(pids);
  const { got, kept } = await asNobody({
    folders,
    files: folders.flatMap(filesIn),
    pids,
    secrets: [offer.words, offer.ticket],
    ports,
    subprotocol: RELAY_SUBPROTOCOLS[0],
    idleConnections: IDLE_CONNECTIONS[scale],
    idleMs: IDLE_MS,
    mayKeep: MAX_KEPT,
  });
  for (const what of got) breach(`another user ${what}`);
  for (const count of kept) tally(count > 0 ? 'silent connections kept for a while' : 'silent connections ended');
  for (const count of kept) if (count > MAX_KEPT) breach(`${count} silent connections of another user were kept`);
  if (ports.length < folders.length) breach('no loopback port was found: nothing was attacked');
  for (const _port of ports) tally('ports');
};

/** Another user of the same machine: folders, files, processes and ports of devices that are not its own. */
export const localUser: Attack = {
  name: 'another user of this machine',
  initiator: 'announced',
  policy: 'accept',
  limitMs: { short: 30_000, full: 60_000 },
  run: async (scene) => {
    if (process.getuid?.() === 0) await attackAsNobody(scene);
    else if (process.env.CI !== undefined) scene.breach('only root can be another user');
    // Whoever is not root has no second user to be.
    else scene.tally('left out: not root');
    return 'code is open';
  },
};
