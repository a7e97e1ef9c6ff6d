import { BowlineError } from '@bowline/contracts';

/** Which rule of the protocol a frame, a sub-protocol list or a proof broke. */
export type RelayProtocolFault =
  | 'empty'
  | 'unknown-frame'
  | 'unexpected-frame'
  | 'wrong-size'
  | 'too-large'
  | 'not-in-version';

/**
 * The other side sent bytes the relay protocol does not allow. The connection they came on is of no further use:
 * close it. Never carries the bytes themselves, only their size and kind.
 */
export class RelayProtocolError extends BowlineError {
  override readonly name = 'RelayProtocolError';
  readonly fault: RelayProtocolFault;

  constructor(fault: RelayProtocolFault, what: string, data: Readonly<Record<string, number | string>> = {}) {
    super({
      code: 'RELAY_PROTOCOL_VIOLATION',
      message: `${what} Close the connection; if it keeps happening, the other side speaks another version of the relay protocol.`,
      data: { fault, ...data },
    });
    this.fault = fault;
  }
}
