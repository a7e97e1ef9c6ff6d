import type { ClientAuth } from './client-auth.ts';
import { RelayProtocolError } from './errors.ts';
import { CHALLENGE_BYTES, ENDPOINT_KEY_BYTES, SIGNATURE_BYTES } from './frame-limits.ts';
import { decodeText, encodeText } from './frame-text.ts';
import { FRAME_TYPE, frameTypeOf } from './frame-type.ts';

/** Type byte, key, length of the signature (one byte, always 64), signature. */
const CLIENT_AUTH_FRAME_BYTES = 1 + ENDPOINT_KEY_BYTES + 1 + SIGNATURE_BYTES;

/** Three bytes of length reach beyond the largest frame. */
const MAX_REASON_LENGTH_BYTES = 3;

/** What a relay says during login: a challenge, then yes or no. Over TLS the challenge may be skipped. */
export type ServerHandshakeFrame =
  | { readonly type: 'challenge'; readonly challenge: Uint8Array }
  | { readonly type: 'confirmed' }
  | { readonly type: 'denied'; readonly reason: string };

const wrongSize = (frameName: string, frame: Uint8Array): RelayProtocolError =>
  new RelayProtocolError('wrong-size', `A ${frameName} frame has the wrong size.`, { sizeBytes: frame.length });

/** `slice` of a Buffer is a view, which keeps all alive that was read with the frame. */
const copyOf = (frame: Uint8Array, start: number, end = frame.length): Uint8Array =>
  new Uint8Array(frame.subarray(start, end));

/** Writes the first frame of a login. @param challenge 16 fresh random bytes @throws {@link RelayProtocolError} for another size */
export const encodeServerChallenge = (challenge: Uint8Array): Uint8Array => {
  if (challenge.length !== CHALLENGE_BYTES) throw wrongSize('challenge', challenge);
  const frame = new Uint8Array(1 + CHALLENGE_BYTES);
  frame[0] = FRAME_TYPE.serverChallenge;
  frame.set(challenge, 1);
  return frame;
};

/** Writes the frame that ends a login well. */
export const encodeServerConfirmsAuth = (): Uint8Array => Uint8Array.of(FRAME_TYPE.serverConfirmsAuth);

/** Writes the frame that ends a login badly. @param reason told to the client's user; cut to 512 bytes */
export const encodeServerDeniesAuth = (reason: string): Uint8Array => {
  const text = encodeText(reason);
  const length = text.length < 0x80 ? [text.length] : [(text.length & 0x7f) | 0x80, text.length >> 7];
  return Uint8Array.from([FRAME_TYPE.serverDeniesAuth, ...length, ...text]);
};

/** Writes the answer to a challenge. */
export const encodeClientAuth = (auth: ClientAuth): Uint8Array => {
  const frame = new Uint8Array(CLIENT_AUTH_FRAME_BYTES);
  frame[0] = FRAME_TYPE.clientAuth;
  frame.set(auth.endpointKey, 1);
  frame[1 + ENDPOINT_KEY_BYTES] = SIGNATURE_BYTES;
  frame.set(auth.signature, 2 + ENDPOINT_KEY_BYTES);
  return frame;
};

/** Reads a client's answer to the challenge. The result owns its bytes. @throws {@link RelayProtocolError} */
export const decodeClientAuth = (frame: Uint8Array): ClientAuth => {
  if (frameTypeOf(frame) !== FRAME_TYPE.clientAuth) throw unexpectedFrame(frame, 'the answer to a login challenge');
  if (frame.length !== CLIENT_AUTH_FRAME_BYTES || frame[1 + ENDPOINT_KEY_BYTES] !== SIGNATURE_BYTES) {
    throw wrongSize('login', frame);
  }
  return {
    endpointKey: copyOf(frame, 1, 1 + ENDPOINT_KEY_BYTES),
    signature: copyOf(frame, 2 + ENDPOINT_KEY_BYTES),
  };
};

/** Reads what a relay says during login. The result owns its bytes. @throws {@link RelayProtocolError} */
export const decodeServerHandshakeFrame = (frame: Uint8Array): ServerHandshakeFrame => {
  switch (frameTypeOf(frame)) {
    case FRAME_TYPE.serverChallenge:
      if (frame.length !== 1 + CHALLENGE_BYTES) throw wrongSize('challenge', frame);
      return { type: 'challenge', challenge: copyOf(frame, 1) };
    case FRAME_TYPE.serverConfirmsAuth:
      if (frame.length !== 1) throw wrongSize('login confirmation', frame);
      return { type: 'confirmed' };
    case FRAME_TYPE.serverDeniesAuth:
      return { type: 'denied', reason: decodeReason(frame) };
    default:
      throw unexpectedFrame(frame, 'a step of the login');
  }
};

/** The reason is a string with its length in front, seven bits a byte, least significant first. */
const decodeReason = (frame: Uint8Array): string => {
  let lengthBytes = 0;
  let textBytes = 0;
  for (let more = true; more; lengthBytes += 1) {
    const byte = frame[1 + lengthBytes];
    if (byte === undefined || lengthBytes === MAX_REASON_LENGTH_BYTES) throw wrongSize('login denial', frame);
    textBytes |= (byte & 0x7f) << (7 * lengthBytes);
    more = byte >= 0x80;
  }
  if (frame.length !== 1 + lengthBytes + textBytes) throw wrongSize('login denial', frame);
  return decodeText(frame.subarray(1 + lengthBytes));
};

const unexpectedFrame = (frame: Uint8Array, expected: string): RelayProtocolError =>
  frame.length === 0
    ? new RelayProtocolError('empty', `An empty frame came instead of ${expected}.`)
    : new RelayProtocolError('unexpected-frame', `A frame of another type came instead of ${expected}.`, {
        frameType: frameTypeOf(frame),
      });
