import { BowlineError } from '@bowline/contracts';
import type { DeviceStream, StreamPeer } from './device-stream.ts';

/** Most bytes of one request or answer. */
export const MAX_REQUEST_BYTES = 16_777_216;

/** First byte of an answer. */
const STATUS = Object.freeze({ answered: 0, failed: 1 });

/** What answers requests. Whatever it throws is told to the other side as a failure, without its words. */
export type RequestHandler = (
  body: Uint8Array,
  context: { readonly device: StreamPeer; readonly signal: AbortSignal },
) => Promise<Uint8Array | string> | Uint8Array | string;

/** The handler on the other device failed, or what it serves answers no requests. */
export class RequestFailedError extends BowlineError {
  override readonly name = 'RequestFailedError';

  constructor(service: string, why: 'handler' | 'no-answer' | 'too-large') {
    const reasons = {
      handler: 'its handler failed; see the log of the other device',
      'no-answer': 'the service ended without an answer; it may serve streams and no requests',
      'too-large': `the answer is larger than ${MAX_REQUEST_BYTES} bytes; use a stream for it`,
    } as const;
    super({
      code: 'REQUEST_FAILED',
      message: `The request to "${service}" failed: ${reasons[why]}.`,
      data: { service, why },
    });
  }
}

/** Serves one request on a stream of its own: the body until the end, then the answer. */
export const answerRequest = async (
  handler: RequestHandler,
  stream: DeviceStream,
  signal: AbortSignal,
): Promise<void> => {
  const body = await readWhole(stream);
  if (body === null) {
    stream.reset();
    return;
  }
  let answer: Uint8Array;
  try {
    const given = await handler(body, { device: stream.device, signal });
    answer = typeof given === 'string' ? Buffer.from(given, 'utf8') : given;
  } catch (error) {
    await stream.write(Uint8Array.of(STATUS.failed));
    await stream.end();
    throw error;
  }
  await stream.write(Uint8Array.of(STATUS.answered));
  await stream.write(answer);
  await stream.end();
};

/** Reads the answer on a stream whose request was sent. @throws {@link RequestFailedError} */
export const readAnswer = async (stream: DeviceStream): Promise<Uint8Array> => {
  const answer = await readWhole(stream);
  if (answer === null) throw new RequestFailedError(stream.service, 'too-large');
  const [status] = answer;
  if (status === STATUS.answered) return answer.subarray(1);
  throw new RequestFailedError(stream.service, status === STATUS.failed ? 'handler' : 'no-answer');
};

/** All of a stream; `null` when it is more than it may be. */
const readWhole = async (stream: DeviceStream): Promise<Uint8Array | null> => {
  const pieces: Uint8Array[] = [];
  let sizeBytes = 0;
  for await (const piece of stream) {
    sizeBytes += piece.byteLength;
    if (sizeBytes > MAX_REQUEST_BYTES + 1) return null;
    pieces.push(piece);
  }
  const whole = new Uint8Array(sizeBytes);
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.byteLength;
  }
  return whole;
};
