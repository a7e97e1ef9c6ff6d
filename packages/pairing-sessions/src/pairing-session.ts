import type { PairingSessionId } from '@bowline/contracts';

/** What the actor can ask of any session, whatever its role. */
export interface PairingSession {
  readonly sessionId: PairingSessionId;
  /** The person's answer; ignored unless the session waits for one. */
  decide(isAccepted: boolean): void;
  /** Resolves when the end has been told, or at once when it is too late to cancel. */
  cancel(): Promise<void>;
  /** Ends it in any state, because the actor stops. Resolves when the end has been told. */
  abandon(): Promise<void>;
}

/** The innermost state of a machine, by which sessions are told and logged: `live.offering` is `offering`. */
export const innermostState = (value: unknown): string => {
  if (typeof value === 'string') return value;
  const [child] = Object.values(value as Readonly<Record<string, unknown>>);
  return innermostState(child);
};
