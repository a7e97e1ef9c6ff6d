import { BowlineError } from '@bowline/contracts';
import { ownCommand } from '../output/own-command.ts';

/** There is no folder of this user's own for the daemon's socket. */
export class SocketFolderForeignError extends BowlineError {
  override readonly name = 'SocketFolderForeignError';

  constructor(problems: readonly string[]) {
    super({
      code: 'SOCKET_FOLDER_FOREIGN',
      message: `The daemon's socket has no private folder: ${problems.join('; ')}. Use a shorter --data-dir, or let XDG_RUNTIME_DIR name a folder of your own.`,
      data: { problems },
    });
  }
}

/** What stands where the daemon should is not this user's, or is not the daemon. Nothing was told to it. */
export class DaemonForeignError extends BowlineError {
  override readonly name = 'DaemonForeignError';

  /** @param remedy what to do about it, in a sentence */
  constructor(
    dataDir: string,
    problem: string,
    remedy = 'Run the command as the user who runs the daemon, or start the daemon anew.',
  ) {
    super({
      code: 'DAEMON_FOREIGN',
      message: `The daemon of ${dataDir} is not to be trusted: ${problem}. Nothing was told to it. ${remedy}`,
      data: { dataDir, problem, remedy },
    });
  }
}

/** The daemon ended the conversation before it began, or says nothing at all. */
export class DaemonSilentError extends BowlineError {
  override readonly name = 'DaemonSilentError';

  /** @param pid its process, as its address says */
  constructor(dataDir: string, problem: string, pid: number) {
    const remedy = `Try again; if it stays so, end process ${pid} (${killCommand(pid)}; nothing that was stored is lost) and start it anew: ${ownCommand(dataDir)} up`;
    super({
      code: 'DAEMON_SILENT',
      message: `The daemon of ${dataDir} (process ${pid}) did not answer (${problem}); it may be stopping, stopped, or serve as many commands as it can. ${remedy}`,
      retryable: true,
      data: { dataDir, problem, pid, remedy },
    });
  }
}

/** The daemon is of another release, and speaks otherwise with commands than this one does. */
export class DaemonOtherReleaseError extends BowlineError {
  override readonly name = 'DaemonOtherReleaseError';

  constructor(dataDir: string, daemonVersion: string, ownVersion: string) {
    const remedy = restart(dataDir);
    super({
      code: 'DAEMON_OTHER_RELEASE',
      message: `${otherRelease(dataDir, daemonVersion, ownVersion)} They cannot talk to each other. ${remedy}`,
      data: { dataDir, daemonVersion, ownVersion, remedy },
    });
  }
}

/** What a person is told where the two still understand each other. */
export const otherReleaseNote = (dataDir: string, daemonVersion: string, ownVersion: string): string =>
  `${otherRelease(dataDir, daemonVersion, ownVersion)} ${restart(dataDir)}`;

const otherRelease = (dataDir: string, daemonVersion: string, ownVersion: string): string =>
  `The daemon of ${dataDir} is Bowline ${daemonVersion}, and this is ${ownVersion}.`;

const restart = (dataDir: string): string =>
  `To restart the daemon: ${ownCommand(dataDir)} down, then ${ownCommand(dataDir)} up --detach, or restart its service.`;

/** What ends a process that listens to nothing any more, a stopped one too. */
const killCommand = (pid: number): string =>
  process.platform === 'win32' ? `taskkill /F /PID ${pid}` : `kill -KILL ${pid}`;
