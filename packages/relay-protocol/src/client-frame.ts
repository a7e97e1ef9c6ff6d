import { assertNever } from '@bowline/contracts';
import { type DatagramFrame, decodeDatagramFrame, encodeDatagramToRelay } from './datagram-frame.ts';
import { RelayProtocolError } from './errors.ts';
import { PING_PAYLOAD_BYTES } from './frame-limits.ts';
import { FRAME_TYPE, frameTypeOf } from './frame-type.ts';

/** What a client that is logged in says to its relay. */
export type ClientFrame =
  | ({ readonly type: 'datagrams' } & DatagramFrame)
  | { readonly type: 'ping'; readonly payload: Uint8Array }
  | { readonly type: 'pong'; readonly payload: Uint8Array };

/** Writes a ping, the same in both directions. @param payload 8 bytes, returned by the pong @throws {@link RelayProtocolError} for another size */
export const encodePing = (payload: Uint8Array): Uint8Array => encodeEcho(FRAME_TYPE.ping, payload);

/** Writes the answer to a ping, the same in both directions. @param payload the ping's 8 bytes @throws {@link RelayProtocolError} for another size */
export const encodePong = (payload: Uint8Array): Uint8Array => encodeEcho(FRAME_TYPE.pong, payload);

const encodeEcho = (frameType: number, payload: Uint8Array): Uint8Array => {
  const frame = new Uint8Array(1 + payload.length);
  frame[0] = frameType;
  frame.set(payload, 1);
  checkEchoSize(frame);
  return frame;
};

const checkEchoSize = ({ length }: Uint8Array): void => {
  if (length === 1 + PING_PAYLOAD_BYTES) return;
  throw new RelayProtocolError('wrong-size', `A ping or pong must carry ${PING_PAYLOAD_BYTES} bytes.`, {
    sizeBytes: length,
  });
};

/** The 8 bytes of a ping or pong: a copy, which costs less than a view of so few. @throws {@link RelayProtocolError} */
export const pingPayloadOf = (frame: Uint8Array): Uint8Array => {
  checkEchoSize(frame);
  const payload = new Uint8Array(PING_PAYLOAD_BYTES);
  for (let index = 0; index < PING_PAYLOAD_BYTES; index += 1) payload[index] = frame[1 + index] ?? 0;
  return payload;
};

/** Writes a client's frame. @throws {@link RelayProtocolError} for a size the protocol does not allow */
export const encodeClientFrame = (frame: ClientFrame): Uint8Array => {
  switch (frame.type) {
    case 'datagrams':
      return encodeDatagramToRelay(frame);
    case 'ping':
      return encodePing(frame.payload);
    case 'pong':
      return encodePong(frame.payload);
    default:
      return assertNever(frame);
  }
};

/** Reads a client's frame; what datagrams carry is a view into it. Both versions have the same. @throws {@link RelayProtocolError} */
export const decodeClientFrame = (frame: Uint8Array): ClientFrame => {
  switch (frameTypeOf(frame)) {
    case FRAME_TYPE.clientToRelayDatagram:
    case FRAME_TYPE.clientToRelayDatagramBatch:
      return { type: 'datagrams', ...decodeDatagramFrame(frame) };
    case FRAME_TYPE.ping:
      return { type: 'ping', payload: pingPayloadOf(frame) };
    case FRAME_TYPE.pong:
      return { type: 'pong', payload: pingPayloadOf(frame) };
    default:
      throw notForDirection(frame, 'A client');
  }
};

/** The error for a frame type the sender may not use. */
export const notForDirection = (frame: Uint8Array, sender: string): RelayProtocolError => {
  const frameType = frameTypeOf(frame);
  if (frameType === -1) return new RelayProtocolError('empty', `${sender} sent an empty frame.`);
  return frameType > FRAME_TYPE.status
    ? new RelayProtocolError('unknown-frame', `${sender} sent a frame of an unknown type.`, { frameType })
    : new RelayProtocolError('unexpected-frame', `${sender} sent a frame that is not its to send.`, { frameType });
};
