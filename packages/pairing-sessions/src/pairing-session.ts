import type { PairingSessionId, PeerDevice } from '@bowline/contracts';
import type { SessionRecords } from './session-records.ts';

/** What the actor can ask of any session, whatever its role. */
export interface PairingSession {
  readonly sessionId: PairingSessionId;
  /** The person's answer about the digits it was shown; ignored unless the session waits for one. */
  decide(isAccepted: boolean, authenticationString: string): void;
  /** Resolves when the end has been told, or at once when it is too late to cancel. */
  cancel(): Promise<void>;
  /**
   * Ends it in any state, because the actor stops; one that is over is left to finish. Resolves when the end has been told
   * and the other side has had its last word.
   */
  abandon(): Promise<void>;
}

/** The innermost state of a machine, by which sessions are told and logged: `live.offering` is `offering`. */
export const innermostState = (value: unknown): string => {
  if (typeof value === 'string') return value;
  const [child] = Object.values(value as Readonly<Record<string, unknown>>);
  return innermostState(child);
};

/** Removes what a failed session stored, or is still storing: a session that was cancelled does not wait for the store. */
export const takeBack = async (storing: Promise<PeerDevice> | null, records: SessionRecords): Promise<void> => {
  await storing?.catch(() => null);
  await records.giveUp();
};
