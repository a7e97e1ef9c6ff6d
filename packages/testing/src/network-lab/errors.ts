import { BowlineError } from '@bowline/contracts';

/** A command that builds a room, or that a test ran on one of its hosts, failed. */
export class LabCommandError extends BowlineError {
  override readonly name = 'LabCommandError';

  constructor(command: string, said: string, cause?: unknown) {
    super({ code: 'LAB_COMMAND_FAILED', message: `\`${command}\` failed: ${said.trim() || 'it said nothing'}`, cause });
  }
}

/** This machine cannot build rooms, and the caller insists. */
export class LabUnavailableError extends BowlineError {
  override readonly name = 'LabUnavailableError';

  constructor(reason: string) {
    super({ code: 'LAB_UNAVAILABLE', message: `Networks cannot be built here: ${reason}.` });
  }
}

/** Processes of a room outlived SIGKILL for longer than a kernel needs. */
export class LabNotEmptyError extends BowlineError {
  override readonly name = 'LabNotEmptyError';

  constructor(namespace: string, processIds: readonly number[]) {
    super({
      code: 'LAB_NOT_EMPTY',
      message: `Processes ${processIds.join(', ')} in ${namespace} do not end, so it cannot be removed; see \`ip netns pids ${namespace}\`.`,
    });
  }
}
