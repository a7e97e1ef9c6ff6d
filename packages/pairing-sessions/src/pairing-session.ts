import type { DeviceSummary, EndpointId, PairingSessionId, PeerDevice } from '@bowline/contracts';
import type { PeerRecords } from './peer-records.ts';
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

/** Looks the other device up once in a session: later the session's own record would be found. */
export const recognizer = (
  records: Pick<PeerRecords, 'find'>,
): ((endpointId: EndpointId) => Promise<PeerDevice | null>) => {
  let looking: Promise<PeerDevice | null> | null = null;
  return (endpointId) => {
    looking ??= records.find(endpointId);
    return looking;
  };
};

/** The device a session pairs anew; `null` when what was known of it, if anything, is no pairing. */
export const renewed = (known: PeerDevice | null): DeviceSummary | null =>
  known?.pairingState === 'paired' ? { id: known.id, endpointId: known.endpointId, name: known.name } : null;

/** Whether a session ends with the handshake: the two are paired, and it may not pair them anew. */
export const isPairedAlready = (known: PeerDevice | null, mayRenew: boolean): boolean =>
  renewed(known) !== null && !mayRenew;

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
