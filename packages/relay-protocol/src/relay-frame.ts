import { assertNever } from '@bowline/contracts';
import { encodePing, encodePong, notForDirection, pingPayloadOf } from './client-frame.ts';
import { type DatagramFrame, decodeDatagramFrame, encodeDatagramToClient } from './datagram-frame.ts';
import { RelayProtocolError } from './errors.ts';
import { ENDPOINT_KEY_BYTES } from './frame-limits.ts';
import { decodeText, encodeText } from './frame-text.ts';
import { FRAME_TYPE, frameTypeOf } from './frame-type.ts';
import type { ProtocolVersion } from './protocol-version.ts';

/**
 * The state of a login as the relay sees it.
 * `same-endpoint-connected`: another login with the same key is served now, this one is parked and gets no datagrams
 * until `healthy`. `rate-limited`: the relay reads slower than this client sends; told once.
 */
export type LoginHealth = 'healthy' | 'same-endpoint-connected' | 'rate-limited' | 'unknown';

/** What a relay says to a client that is logged in. */
export type RelayFrame =
  | ({ readonly type: 'datagrams' } & DatagramFrame)
  /** A peer this client has exchanged datagrams with, or just tried to reach, is not at this relay. */
  | { readonly type: 'endpointGone'; readonly endpointKey: Uint8Array }
  | { readonly type: 'ping'; readonly payload: Uint8Array }
  | { readonly type: 'pong'; readonly payload: Uint8Array }
  /** Version 1 only: the problem in words. */
  | { readonly type: 'health'; readonly problem: string }
  /** Version 2 and later. */
  | { readonly type: 'status'; readonly health: LoginHealth }
  /** The relay is about to stop: reconnect after `reconnectInMs`, and try for `tryForMs` before giving up. Advice. */
  | { readonly type: 'restarting'; readonly reconnectInMs: number; readonly tryForMs: number };

const HEALTH_OF_BYTE: readonly LoginHealth[] = ['healthy', 'same-endpoint-connected', 'rate-limited'];

/** Type byte and two durations. */
const RESTARTING_FRAME_BYTES = 9;

/** Largest duration a Restarting frame can carry. */
const MAX_DURATION_MS = 0xffff_ffff;

/** Writes a relay's frame. @throws {@link RelayProtocolError} for a size the protocol does not allow */
export const encodeRelayFrame = (frame: RelayFrame): Uint8Array => {
  switch (frame.type) {
    case 'datagrams':
      return encodeDatagramToClient(frame);
    case 'endpointGone':
      return encodeEndpointGone(frame.endpointKey);
    case 'ping':
      return encodePing(frame.payload);
    case 'pong':
      return encodePong(frame.payload);
    case 'health':
      return Uint8Array.from([FRAME_TYPE.health, ...encodeText(frame.problem)]);
    case 'status':
      return Uint8Array.of(FRAME_TYPE.status, Math.max(0, HEALTH_OF_BYTE.indexOf(frame.health)));
    case 'restarting':
      return encodeRestarting(frame.reconnectInMs, frame.tryForMs);
    default:
      return assertNever(frame);
  }
};

/** Writes the frame that says a peer is not at this relay. @param endpointKey 32 bytes */
export const encodeEndpointGone = (endpointKey: Uint8Array): Uint8Array => {
  const frame = new Uint8Array(1 + ENDPOINT_KEY_BYTES);
  frame[0] = FRAME_TYPE.endpointGone;
  frame.set(endpointKey.subarray(0, ENDPOINT_KEY_BYTES), 1);
  return frame;
};

/** Version 1 has sentences where version 2 has states; being throttled it cannot be told. */
const PROBLEM_OF_HEALTH: Readonly<Partial<Record<LoginHealth, string>>> = {
  healthy: 'This login is served again.',
  'same-endpoint-connected':
    'Another login with the same endpoint id is served now; this one receives nothing until it ends.',
};

/** Writes a health change in the form the client's version knows: Status for 2, a sentence for 1, `undefined` where 1 has none. */
export const encodeHealthFor = (version: ProtocolVersion, health: LoginHealth): Uint8Array | undefined => {
  if (version === 2) return encodeRelayFrame({ type: 'status', health });
  const problem = PROBLEM_OF_HEALTH[health];
  return problem === undefined ? undefined : encodeRelayFrame({ type: 'health', problem });
};

const encodeRestarting = (reconnectInMs: number, tryForMs: number): Uint8Array => {
  const frame = Buffer.alloc(RESTARTING_FRAME_BYTES);
  frame[0] = FRAME_TYPE.restarting;
  frame.writeUInt32BE(Math.min(MAX_DURATION_MS, Math.max(0, Math.round(reconnectInMs))), 1);
  frame.writeUInt32BE(Math.min(MAX_DURATION_MS, Math.max(0, Math.round(tryForMs))), 5);
  return frame;
};

/** Reads a relay's frame; byte fields are views into it. @throws {@link RelayProtocolError} */
export const decodeRelayFrame = (frame: Uint8Array, version: ProtocolVersion): RelayFrame => {
  switch (frameTypeOf(frame)) {
    case FRAME_TYPE.relayToClientDatagram:
    case FRAME_TYPE.relayToClientDatagramBatch:
      return { type: 'datagrams', ...decodeDatagramFrame(frame) };
    case FRAME_TYPE.endpointGone:
      return { type: 'endpointGone', endpointKey: exactly(frame, 1 + ENDPOINT_KEY_BYTES).subarray(1) };
    case FRAME_TYPE.ping:
      return { type: 'ping', payload: pingPayloadOf(frame) };
    case FRAME_TYPE.pong:
      return { type: 'pong', payload: pingPayloadOf(frame) };
    case FRAME_TYPE.health:
      if (version !== 1) throw notInVersion(frame, version);
      return { type: 'health', problem: decodeText(frame.subarray(1)) };
    case FRAME_TYPE.status:
      if (version === 1) throw notInVersion(frame, version);
      return { type: 'status', health: decodeHealth(frame) };
    case FRAME_TYPE.restarting:
      return decodeRestarting(exactly(frame, RESTARTING_FRAME_BYTES));
    default:
      throw notForDirection(frame, 'A relay');
  }
};

/** Bytes after the first belong to states newer than ours, as does a first byte we do not know. */
const decodeHealth = (frame: Uint8Array): LoginHealth => {
  const byte = frame[1];
  if (byte === undefined) throw exactSizeError(frame);
  return HEALTH_OF_BYTE[byte] ?? 'unknown';
};

const decodeRestarting = (frame: Uint8Array): RelayFrame => {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  return { type: 'restarting', reconnectInMs: view.getUint32(1), tryForMs: view.getUint32(5) };
};

const exactly = (frame: Uint8Array, sizeBytes: number): Uint8Array => {
  if (frame.length !== sizeBytes) throw exactSizeError(frame);
  return frame;
};

const exactSizeError = (frame: Uint8Array): RelayProtocolError =>
  new RelayProtocolError('wrong-size', 'A frame of a relay has the wrong size.', {
    frameType: frameTypeOf(frame),
    sizeBytes: frame.length,
  });

const notInVersion = (frame: Uint8Array, version: ProtocolVersion): RelayProtocolError =>
  new RelayProtocolError('not-in-version', `A relay sent a frame that version ${version} does not have.`, {
    frameType: frameTypeOf(frame),
    version,
  });
