import { BowlineError, type CloseName } from '@bowline/contracts';

/**
 * The other side broke the protocol: a frame that is not readable, not expected now, or proves the wrong thing.
 * The connection ends with `closeName`; nothing of what was said counts.
 */
export class PairingProtocolError extends BowlineError {
  override readonly name = 'PairingProtocolError';
  readonly closeName: CloseName;

  /** @param what a short phrase that names the rule, never a value from the frame. */
  constructor(closeName: CloseName, what: string, cause?: unknown) {
    super({
      code: closeName === 'proof-mismatch' ? 'PAIRING_PROOF_MISMATCH' : 'PAIRING_PROTOCOL_BROKEN',
      message: `The other device does not follow the pairing protocol: ${what}. The connection is closed; pair again with a new code if this was not an attack.`,
      stage: 'handshake',
      data: { closeName, what },
      ...(cause === undefined ? {} : { cause }),
    });
    this.closeName = closeName;
  }
}
