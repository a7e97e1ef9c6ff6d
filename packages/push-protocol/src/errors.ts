import { BowlineError } from '@bowline/contracts';

/** The other side of a push said what no correct one says. The message quotes nothing it sent. */
export class PushProtocolError extends BowlineError {
  override readonly name = 'PushProtocolError';

  /** @param rule a clause: what was broken. */
  constructor(rule: string) {
    super({
      code: 'PUSH_PROTOCOL_ERROR',
      message: `The other device broke the push protocol: ${rule}. It may run a Bowline that does not fit this one; update both.`,
      data: { rule },
    });
  }
}
