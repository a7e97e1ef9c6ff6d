import { StreamProtocolError } from './errors.ts';
import { MAX_DATA_BYTES, MAX_HEADER_BYTES, MAX_POSITION, type StreamFrame } from './stream-frame.ts';
import { FRAME_TYPES } from './stream-writer.ts';

/** What {@link StreamReader.next} finds: the bytes of the header or answer first, then frames. */
export type StreamPart = { readonly kind: 'header'; readonly body: Uint8Array } | StreamFrame;

/** Cuts what arrives on one stream into its header and its frames. */
export interface StreamReader {
  /** Takes what came. Its memory is needed until {@link next} has found no more in it. */
  push(chunk: Uint8Array): void;
  /**
   * The next part, or `undefined` until more is pushed; what it holds is in memory of its own, which nobody else refers to.
   * Data is given as it arrives, so a frame may come in pieces; memory
   * grows with what arrived, never with what was announced.
   * @throws StreamProtocolError and is of no further use then
   */
  next(): StreamPart | undefined;
  /** Whether the stream would break a part if it ended here. */
  readonly isMidPart: boolean;
}

const ACK_BYTES = 16;

const NOTHING = new Uint8Array();

export const streamReader = (): StreamReader => {
  let chunk: Uint8Array = NOTHING;
  let hasHeader = false;
  let missingDataBytes = 0;

  const take = (count: number): Uint8Array => {
    const taken = chunk.subarray(0, count);
    chunk = chunk.subarray(count);
    return taken;
  };

  const header = (): StreamPart | undefined => {
    if (chunk.byteLength < 2) return undefined;
    const sizeBytes = uint16(chunk);
    if (sizeBytes > MAX_HEADER_BYTES) throw new StreamProtocolError('a header is too long');
    if (chunk.byteLength < 2 + sizeBytes) return undefined;
    take(2);
    hasHeader = true;
    return { kind: 'header', body: copyOf(take(sizeBytes)) };
  };

  const data = (): StreamPart | undefined => {
    if (chunk.byteLength === 0) return undefined;
    const piece = take(missingDataBytes);
    missingDataBytes -= piece.byteLength;
    return { kind: 'data', bytes: copyOf(piece) };
  };

  const dataHead = (): StreamPart | undefined => {
    if (chunk.byteLength < 3) return undefined;
    take(1);
    missingDataBytes = uint16(take(2));
    if (missingDataBytes === 0 || missingDataBytes > MAX_DATA_BYTES) {
      throw new StreamProtocolError('a data frame is empty or too long');
    }
    return data();
  };

  const ack = (): StreamPart | undefined => {
    if (chunk.byteLength < 1 + ACK_BYTES) return undefined;
    take(1);
    return { kind: 'ack', received: position(take(8)), limit: position(take(8)) };
  };

  const nextPart = (): StreamPart | undefined => {
    if (!hasHeader) return header();
    if (missingDataBytes > 0) return data();
    switch (chunk[0]) {
      case undefined:
        return undefined;
      case FRAME_TYPES.data:
        return dataHead();
      case FRAME_TYPES.ack:
        return ack();
      case FRAME_TYPES.end:
        take(1);
        return { kind: 'end' };
      case FRAME_TYPES.done:
        take(1);
        return { kind: 'done' };
      default:
        throw new StreamProtocolError('a frame has an unknown type');
    }
  };

  return {
    push: (given) => {
      chunk = chunk.byteLength === 0 ? given : Buffer.concat([chunk, given]);
    },
    next: () => {
      const part = nextPart();
      // What comes next may be long in coming.
      if (part === undefined) chunk = chunk.byteLength === 0 ? NOTHING : copyOf(chunk);
      return part;
    },
    get isMidPart() {
      return !hasHeader || missingDataBytes > 0 || chunk.byteLength > 0;
    },
  };
};

/** A buffer's own `slice` would share its memory. */
const copyOf = (bytes: Uint8Array): Uint8Array => Uint8Array.prototype.slice.call(bytes);

const uint16 = (bytes: Uint8Array): number => ((bytes[0] ?? 0) << 8) | (bytes[1] ?? 0);

const position = (bytes: Uint8Array): number => {
  const value = Number(new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0));
  if (value > MAX_POSITION) throw new StreamProtocolError('a position is out of range');
  return value;
};
