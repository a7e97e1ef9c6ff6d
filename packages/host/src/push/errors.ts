import { BowlineError } from '@bowline/contracts';
import type { PushStop } from '@bowline/push-protocol';

/** Most paths that a message names. */
const MAX_NAMED = 10;

const listed = (paths: readonly string[]): string => {
  const more = paths.length > MAX_NAMED ? ` and ${paths.length - MAX_NAMED} more` : '';
  return `${paths.slice(0, MAX_NAMED).join(', ')}${more}`;
};

/** What is to be pushed cannot be read by the program that reads it; nothing was sent. `data.paths` are the first of them. */
export class PushUnreadableError extends BowlineError {
  override readonly name = 'PushUnreadableError';

  constructor(paths: readonly string[]) {
    super({
      code: 'PUSH_UNREADABLE',
      message: `Nothing was sent: ${listed(paths)} cannot be read. Check that it is there, that it is a file or a folder, and that the program of this device, which reads it, may do so.`,
      data: { paths: paths.slice(0, MAX_NAMED), count: paths.length },
    });
  }
}

/** More files and folders than one push takes; nothing was sent. */
export class PushTooManyError extends BowlineError {
  override readonly name = 'PushTooManyError';

  constructor(maxFiles: number) {
    super({
      code: 'PUSH_TOO_MANY',
      message: `Nothing was sent: there are more than ${maxFiles} files and folders. Push parts of it one after the other.`,
      data: { maxFiles },
    });
  }
}

const STOPPED: Readonly<Record<PushStop, string>> = {
  'too-large': 'it is more than that device takes of one push. Push less at once, or raise the limit there',
  'no-room':
    'the disk of that device has no room for it. Free some space there and push again; what is there is not sent again',
  storage:
    'the folder in which that device receives is gone, or cannot be written. Mend it there, or choose another one, and push again',
  busy: 'that device takes as many pushes as it may already. Try again when they are done',
};

/** The other device ended the push. `data.reason` says why; what was saved by then stays there. */
export class PushStoppedError extends BowlineError {
  override readonly name = 'PushStoppedError';

  constructor(reason: PushStop) {
    super({
      code: 'PUSH_STOPPED',
      message: `The push ended: ${STOPPED[reason]}.`,
      retryable: reason === 'busy',
      data: { reason },
    });
  }
}

/** The push ended, and some files are not there. `data.paths` are the first of them; the others were saved. */
export class PushIncompleteError extends BowlineError {
  override readonly name = 'PushIncompleteError';

  constructor(failed: readonly { readonly path: string; readonly reason: string }[]) {
    super({
      code: 'PUSH_INCOMPLETE',
      message: `${failed.length} of the files could not be pushed, the others were: ${listed(failed.map(({ path, reason }) => `${path} (${reason})`))}. Push again when that is mended; what is there is not sent again.`,
      data: { paths: failed.slice(0, MAX_NAMED).map(({ path }) => path), count: failed.length },
    });
  }
}

/** The stream of a push ended before its last word. */
export class PushCutError extends BowlineError {
  override readonly name = 'PushCutError';

  constructor() {
    super({
      code: 'PUSH_CUT',
      message: 'The other device ended the push before it was done. Push again; what is there is not sent again.',
      retryable: true,
    });
  }
}

/** The folder for what other devices push is not one, or cannot be written. */
export class ReceivingFolderError extends BowlineError {
  override readonly name = 'ReceivingFolderError';

  constructor(dir: string, cause: unknown) {
    super({
      code: 'RECEIVING_FOLDER_UNUSABLE',
      message: `${dir} is no folder that can be written. Make it, or choose another one.`,
      data: { dir },
      cause,
    });
  }
}
