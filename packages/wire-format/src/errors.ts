import { BowlineError } from '@bowline/contracts';

/**
 * What is wrong with a frame.
 *
 * - `too-large`: more bytes than the reader accepts.
 * - `too-deep`: arrays and maps nested deeper than the reader accepts.
 * - `malformed`: no single, complete item of the accepted subset of CBOR.
 * - `not-canonical`: the same value has another, shorter or differently sorted form; only that one is accepted.
 * - `schema`: a well-formed value that is not what the reader expects here.
 * - `not-encodable`: our own value cannot be written (a bug on this side).
 */
export type WireFormatProblem = 'too-large' | 'too-deep' | 'malformed' | 'not-canonical' | 'schema' | 'not-encodable';

const EXPLANATIONS: Readonly<Record<WireFormatProblem, string>> = {
  'too-large': 'it is larger than allowed here',
  'too-deep': 'it is nested deeper than allowed',
  malformed: 'it is not well-formed CBOR',
  'not-canonical': 'it is not in canonical form',
  schema: 'it does not have the expected fields',
  'not-encodable': 'the value has a part that cannot be written as CBOR',
};

/**
 * Bytes from outside that are no acceptable frame, or a value of ours that cannot become one.
 * The message names places and rules, never content: a frame may hold secrets.
 */
export class WireFormatError extends BowlineError {
  override readonly name = 'WireFormatError';
  readonly problem: WireFormatProblem;

  /** @param detail where and by which rule, e.g. `field "nonce": too_small`; never a value from the frame. */
  constructor(problem: WireFormatProblem, detail: string, cause?: unknown) {
    const consequence =
      problem === 'not-encodable' ? 'Nothing was sent.' : 'It was refused; the other side may run another version.';
    super({
      code: 'WIRE_FORMAT_INVALID',
      message: `The frame is unusable: ${EXPLANATIONS[problem]} (${detail}). ${consequence}`,
      data: { problem, detail },
      ...(cause === undefined ? {} : { cause }),
    });
    this.problem = problem;
  }
}
