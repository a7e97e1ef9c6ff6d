import { errorCode, errorMessage, type Logger } from '@bowline/contracts';
import { isRestartCode } from '@bowline/supervisor';

/**
 * Failures that only say that a worker is being restarted, the host is stopping, or a link is down; what was asked is
 * redone then.
 */
const EXPECTED_CODES: ReadonlySet<string | undefined> = new Set(['CHANNEL_CANCELLED', 'LINK_DOWN']);

/** Runs tasks that nobody awaits. Expected failures are logged quietly, others as warnings. */
export const inBackground =
  ({ logger }: { readonly logger: Logger }) =>
  (label: string, task: () => Promise<unknown>): void => {
    task().catch((error: unknown) => {
      const fields = { task: label, code: errorCode(error), reason: errorMessage(error) };
      if (EXPECTED_CODES.has(fields.code) || isRestartCode(fields.code))
        logger.debug(fields, 'background task ended early');
      else logger.warn(fields, 'background task failed');
    });
  };
