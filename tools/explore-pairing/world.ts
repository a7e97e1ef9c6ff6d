import type { InitiatorSnapshot, JoinerSnapshot } from '@bowline/pairing-state-machine';
import type { Variant } from './machines.ts';

/** What a store holds of the other device. */
export type StoredRecord = 'none' | 'pending' | 'paired';

/** What one side says to the other on a connection. */
export type Message = 'welcome' | 'finish' | 'accept' | 'confirm';

/** Why a side closed a connection, as far as the other can tell. */
export type Close = 'rejected' | 'cancelled' | 'timed-out' | 'duplicate' | 'lost';

/** What one side of a connection may still hear. */
export interface Inbox {
  /** On their way, in no order. */
  readonly messages: readonly Message[];
  /** Its end, which may overtake them; `null` while it is open, `'heard'` once it is known here. */
  readonly close: Close | 'heard' | null;
}

/** The newest connection; nobody listens on one before it. */
export interface Connection {
  readonly number: number;
  readonly toInitiator: Inbox;
  readonly toJoiner: Inbox;
}

/** What a joiner that comes with this code is told once its session has ended; `unknown` by a device that has restarted. */
export type EndedCode = 'completed' | 'refused' | 'unknown';

/** What may still go wrong. Without a bound to it, nothing would ever end. */
export interface Budget {
  readonly connections: number;
  readonly losses: number;
  readonly repeats: number;
  readonly breaks: number;
  readonly crashes: number;
  /** Sessions of the joiner with the same code, after one that ended. */
  readonly joins: number;
  /** Requests of a store that fail. */
  readonly storeFailures: number;
}

/** Everything there is at one moment. */
export interface World {
  readonly variant: Variant;
  /** `null` once it has ended, or its device has crashed. */
  readonly initiator: InitiatorSnapshot | null;
  readonly joiner: JoinerSnapshot | null;
  readonly endedCode: EndedCode | null;
  readonly initiatorRecord: StoredRecord;
  readonly joinerRecord: StoredRecord;
  /** Whether the joiner's person took the pairing back, which the initiator is told at the next contact. */
  readonly isTakenBack: boolean;
  readonly connection: Connection | null;
  readonly left: Budget;
}

/** One thing that may happen next. */
export interface Step {
  readonly name: string;
  readonly world: World;
}
