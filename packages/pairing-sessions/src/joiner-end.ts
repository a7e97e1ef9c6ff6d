import type { PairingSessionId } from '@bowline/contracts';
import { type JoinerContext, pairingFailure } from '@bowline/pairing-state-machine';
import { closeNameFor } from './close-reasons.ts';
import type { SessionComponents } from './components.ts';
import type { Conversation } from './conversation.ts';
import { closeAfterHandover } from './graceful-close.ts';
import { renewed } from './known-device.ts';
import type { RelayHints } from './relay-hints.ts';
import type { SessionRecords } from './session-records.ts';

type EndComponents = Pick<SessionComponents, 'clock' | 'emit' | 'logger'> & {
  readonly records: SessionRecords;
  readonly hints: RelayHints;
};

interface EndedSession {
  readonly sessionId: PairingSessionId;
  readonly mayRenew: boolean;
  /** Monotonic milliseconds. */
  readonly startedAtMs: number;
}

/** How a joiner's session ends: what it leaves in the store, what is told, and the last word on the connection. */
export const joinerEnd = (
  { clock, emit, logger, records, hints }: EndComponents,
  { sessionId, mayRenew, startedAtMs }: EndedSession,
) => {
  const complete = (
    { device, authenticationString, found, reachedAt, discoveredAtMs }: JoinerContext,
    talk: Conversation | null,
  ): void => {
    if (device === null) throw new TypeError('completed without a device');
    records.keep();
    const via = found?.via ?? null;
    // Who was paired already is told so, and the connection is gone; a relay has no address of the other device.
    const path = talk?.connection.path()?.kind ?? (reachedAt === null ? 'relay' : 'direct');
    emit('pairing.completed', {
      sessionId,
      role: 'joiner',
      device,
      isRenewed: mayRenew && renewed(found?.known ?? null) !== null,
      authenticationString,
      via,
      path,
      elapsedMs: Math.round(clock.monotonicMs() - startedAtMs),
      discoveredMs: discoveredAtMs === null ? null : Math.round(discoveredAtMs - startedAtMs),
    });
    logger.info({ deviceId: device.id, via, path }, 'paired');
    if (talk !== null) closeAfterHandover(talk.connection, clock);
    void hints.end(device.endpointId);
  };

  const fail = async (
    { device, failure, found, isTakenBack, mayBePaired }: JoinerContext,
    talk: Conversation | null,
  ): Promise<void> => {
    const { code, reason, attempts, circumstance } = failure ?? pairingFailure('INTERNAL');
    const closed = talk?.connection.close(closeNameFor(code), '');
    // The next contact tells whether the initiator is paired.
    if (mayBePaired) records.keep();
    else await records.giveUp();
    const left = mayBePaired && device?.pairingState === 'pending' ? { leftPending: device } : {};
    const leftBehind = isTakenBack ? (found?.initiatorId ?? null) : null;
    const why = { code, reason, attempts, circumstance };
    emit('pairing.failed', { sessionId, role: 'joiner', ...why, leftBehind, ...left });
    logger.info({ code, attempts }, 'pairing failed');
    await Promise.all([closed, hints.end(mayBePaired ? (found?.initiatorId ?? null) : null)]);
  };

  return async (isCompleted: boolean, known: JoinerContext, talk: Conversation | null): Promise<void> => {
    if (isCompleted) complete(known, talk);
    else await fail(known, talk);
  };
};
