import type { Logger, PairingSessionId, PairingSessionsChannel, RequestInput } from '@bowline/contracts';
import { derivePairingKeys, parseCode } from '@bowline/pairing-code';
import { JoinUnderWayError, PairingBusyError } from './errors.ts';
import type { OfferedCode } from './initiator-role.ts';
import { joinerRole } from './joiner-role.ts';
import type { PairingSessionsOptions } from './options.ts';
import type { SessionTable } from './session-table.ts';
import type { ShownCodes } from './shown-codes.ts';

/** Begins a join. @throws PAIRING_BUSY, JOIN_UNDER_WAY, INVALID_OPTION, and what is wrong with the code */
type Join = (request: RequestInput<PairingSessionsChannel, 'join'>) => void;

/** The joins of this device: so many at once, and one for each code. */
export const codeJoins = (
  logger: Logger,
  { maxJoins }: Pick<PairingSessionsOptions, 'maxJoins'>,
  sessions: SessionTable,
  book: Pick<ShownCodes<OfferedCode>, 'openCodes'>,
): Join => {
  /** Codes this device is joining with, by the session ids made from them. */
  const joining = new Set<PairingSessionId>();

  return ({ sessionId, code, policy, renew: mayRenew = false, hints = [] }) => {
    sessions.checkFree(sessionId);
    const parsed = parseCode(code);
    if (joining.size >= maxJoins) throw new PairingBusyError('joins', maxJoins);
    const keys = derivePairingKeys(parsed.entropy);
    if (joining.has(keys.sessionId)) throw new JoinUnderWayError();
    logger.info({ sessionId, code: parsed.kind }, 'join started');
    const session = joinerRole(sessions.componentsNow(), {
      sessionId,
      keys,
      ticket: parsed.kind === 'ticket' ? parsed.ticket : null,
      policy,
      mayRenew,
      hints,
      isOwnCode: () => book.openCodes().some((open) => open.sessionId === keys.sessionId),
      onEnded: (ended) => {
        joining.delete(keys.sessionId);
        sessions.remove(ended);
      },
    });
    sessions.add(session);
    joining.add(keys.sessionId);
  };
};
