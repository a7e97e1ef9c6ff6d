import { spawn } from 'node:child_process';
import { closeSync, readFileSync } from 'node:fs';
import { Writable } from 'node:stream';
import { errorCode } from '@bowline/contracts';
import type { HostComponents } from '@bowline/host';
import { useDaemon } from '../daemon/daemon-client.ts';
import { connectDaemon } from '../daemon/daemon-connection.ts';
import { DetachedStartError } from '../errors.ts';
import { daemonLogFile, openDaemonLog } from './daemon-log.ts';
import { type RunningProgram, runningProgram } from './running-program.ts';

/** Far longer than a start takes, also where a big store is migrated. */
const START_LIMIT_MS = 30_000;

const LOOK_INTERVAL_MS = 50;

/** Of the log, what is told when the start fails. */
const TOLD_LINES = 3;

/** The first descriptor that is not standard input or output. */
const PASSPHRASE_DESCRIPTOR = 3;

/** What the daemon is started with. */
export interface DetachedStart {
  readonly upArguments: readonly string[];
  /** What its store opens with; `null` where it needs none. */
  readonly passphrase: string | null;
}

/**
 * Starts the daemon as a process that outlives this one, and resolves with its device once it serves commands.
 *
 * @throws DetachedStartError with what it said last, when it ends or does not serve in time
 */
export const startDetached = async (
  dataDir: string,
  { upArguments, passphrase }: DetachedStart,
  components: HostComponents,
  { node, args }: RunningProgram = runningProgram(),
) => {
  const log = openDaemonLog(dataDir);
  const startsAtByte = readFileSync(daemonLogFile(dataDir)).byteLength;
  const secret = passphrase === null ? [] : ['--passphrase-fd', String(PASSPHRASE_DESCRIPTOR)];
  const child = spawn(node, [...args, ...upArguments, ...secret, '--logged'], {
    detached: true,
    stdio: ['ignore', log, log, passphrase === null ? 'ignore' : 'pipe'],
    windowsHide: true,
    cwd: dataDir,
  });
  closeSync(log);
  handPassphrase(child.stdio[PASSPHRASE_DESCRIPTOR], passphrase);
  let hasEnded = false;
  for (const event of ['exit', 'error']) {
    child.once(event, () => {
      hasEnded = true;
    });
  }
  const untilMs = components.clock.monotonicMs() + START_LIMIT_MS;
  for (;;) {
    const socket = await connectDaemon(dataDir, components).catch(undefinedWhileSilent);
    if (socket !== undefined) {
      socket.destroy();
      break;
    }
    if (hasEnded || components.clock.monotonicMs() > untilMs) {
      const said = readFileSync(daemonLogFile(dataDir)).subarray(startsAtByte).toString('utf8').trim();
      if (!hasEnded) child.kill();
      throw new DetachedStartError(dataDir, said.split('\n').slice(-TOLD_LINES).join(' '));
    }
    await new Promise<void>((resolve) => {
      components.clock.setTimer(LOOK_INTERVAL_MS, resolve);
    });
  }
  child.unref();
  await using daemon = await useDaemon(dataDir, components);
  const described = await daemon.channel.request('describe', {});
  const { relays, store } = await daemon.channel.request('status', {});
  return { ...described, relays, store };
};

/** By a pipe, which nobody else reads. */
const handPassphrase = (pipe: unknown, passphrase: string | null): void => {
  if (passphrase === null || !(pipe instanceof Writable)) return;
  // One that ended before it read it says by itself why.
  pipe.on('error', () => undefined);
  pipe.end(`${passphrase}\n`);
};

/** A daemon that is just starting may end a conversation before it begins. */
const undefinedWhileSilent = (error: unknown): undefined => {
  if (errorCode(error) !== 'DAEMON_SILENT') throw error;
  return undefined;
};
