import type { PairingSessionId } from '@bowline/contracts';
import { type InitiatorContext, pairingFailure } from '@bowline/pairing-state-machine';
import { closeNameFor, refusalAfter } from './close-reasons.ts';
import type { SessionComponents } from './components.ts';
import type { Conversation } from './conversation.ts';
import { closeAfterPeer } from './graceful-close.ts';
import { renewed } from './known-device.ts';
import type { SessionRecords } from './session-records.ts';
import type { CodeEnd } from './shown-codes.ts';

type EndComponents = Pick<SessionComponents, 'clock' | 'emit' | 'logger'> & { readonly records: SessionRecords };

/** Ends the code: it is open to nobody any more. Resolves when what announces it has been withdrawn as far as it must be. */
type EndCode = (end: CodeEnd) => Promise<void>;

/** How an initiator's session ends: its code, what it leaves in the store, what is told, and the last word. */
export const initiatorEnd = ({ clock, emit, logger, records }: EndComponents, sessionId: PairingSessionId) => {
  const complete = async (
    { device, authenticationString, joinerId, known, claimedAtMs }: InitiatorContext,
    talk: Conversation | null,
    endCode: EndCode,
  ): Promise<void> => {
    records.keep();
    const connection = talk?.connection ?? null;
    const withdrawn = endCode({ reason: 'code-used', pairedWith: joinerId });
    if (device === null) throw new TypeError('completed without a device');
    const path = connection?.path()?.kind ?? null;
    emit('pairing.completed', {
      sessionId,
      role: 'initiator',
      device,
      isRenewed: renewed(known) !== null,
      authenticationString,
      via: null,
      path: path ?? 'relay',
      elapsedMs: claimedAtMs === null ? 0 : Math.round(clock.monotonicMs() - claimedAtMs),
      discoveredMs: null,
    });
    logger.info({ deviceId: device.id, path }, 'paired');
    await withdrawn;
    // The joiner closes once it has read our confirm, and has linked.
    if (connection !== null) await closeAfterPeer(connection, 'done', clock);
  };

  const fail = async (
    { failure, joinerId }: InitiatorContext,
    talk: Conversation | null,
    endCode: EndCode,
  ): Promise<void> => {
    const { code, reason, attempts, circumstance } = failure ?? pairingFailure('INTERNAL');
    const withdrawn = endCode({ reason: refusalAfter(code), pairedWith: null });
    const closed = talk?.connection.close(closeNameFor(code), '');
    // We have sent no confirm, so the joiner is not paired either.
    await records.giveUp();
    const why = { code, reason, attempts, circumstance };
    emit('pairing.failed', { sessionId, role: 'initiator', ...why, leftBehind: null });
    logger.info({ code, wasClaimed: joinerId !== null }, 'pairing failed');
    await Promise.all([withdrawn, closed]);
  };

  return (isCompleted: boolean, known: InitiatorContext, talk: Conversation | null, endCode: EndCode): Promise<void> =>
    isCompleted ? complete(known, talk, endCode) : fail(known, talk, endCode);
};
