import { BowlineError } from '@bowline/contracts';

/** The other side said what no correct one says; its stream is of no further use. The message quotes nothing it sent. */
export class StreamProtocolError extends BowlineError {
  override readonly name = 'StreamProtocolError';

  /** @param rule a clause: what was broken. */
  constructor(rule: string) {
    super({
      code: 'STREAM_PROTOCOL_ERROR',
      message: `The other device broke the stream protocol: ${rule}. It may run a Bowline that does not fit this one; update both.`,
      data: { rule },
    });
  }
}
