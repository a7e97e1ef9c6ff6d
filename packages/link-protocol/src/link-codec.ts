import { decodeFrame, encodeFrame } from '@bowline/wire-format';
import { toldFacts } from './device-facts-schema.ts';
import { readHeartbeat, writeHeartbeat } from './heartbeat-frame.ts';
import { LINK_MAX_FRAME_BYTES, type LinkFrame, type ReceivedLinkFrame } from './link-frame.ts';
import { linkFrameSchema } from './link-frame-schema.ts';

/** Writes one frame as canonical CBOR. The values are our own: lists longer than their bounds are the caller's mistake. */
export const encodeLinkFrame = (frame: LinkFrame): Uint8Array<ArrayBuffer> => {
  const heartbeat = frame.kind === 'ping' || frame.kind === 'pong' ? writeHeartbeat(frame) : null;
  return heartbeat ?? encodeFrame(frame.kind === 'facts' ? { ...frame, facts: toldFacts(frame.facts) } : frame);
};

/**
 * Reads one frame from the other side.
 *
 * @throws `WireFormatError` (`WIRE_FORMAT_INVALID`) when the bytes are no acceptable frame: the connection is closed
 * with `protocol-error`.
 */
export const decodeLinkFrame = (bytes: Uint8Array): ReceivedLinkFrame =>
  readHeartbeat(bytes) ?? decodeFrame(bytes, linkFrameSchema, { maxBytes: LINK_MAX_FRAME_BYTES });
