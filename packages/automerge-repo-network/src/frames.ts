/** Bytes of the length before each frame, big-endian. */
const LENGTH_BYTES = 4;

/** Puts the length before a frame. */
export const framed = (frame: Uint8Array): Uint8Array => {
  const bytes = new Uint8Array(LENGTH_BYTES + frame.byteLength);
  new DataView(bytes.buffer).setUint32(0, frame.byteLength);
  bytes.set(frame, LENGTH_BYTES);
  return bytes;
};

/**
 * The frames of a stream of bytes, however it is cut. What the stream ends within is no frame.
 *
 * @throws RangeError where a frame is announced that is larger than one may be, before anything of it is kept
 */
export async function* framesOf(stream: AsyncIterable<Uint8Array>, maxBytes: number): AsyncGenerator<Uint8Array> {
  let pieces: Uint8Array[] = [];
  let sizeBytes = 0;
  let neededBytes = LENGTH_BYTES;
  let isLength = true;
  for await (const piece of stream) {
    pieces.push(piece);
    sizeBytes += piece.byteLength;
    // Joined only when there is enough, so that a large frame is copied once.
    while (sizeBytes >= neededBytes) {
      const whole = pieces.length === 1 && pieces[0] !== undefined ? pieces[0] : join(pieces, sizeBytes);
      const taken = whole.subarray(0, neededBytes);
      const rest = whole.subarray(neededBytes);
      pieces = rest.byteLength === 0 ? [] : [rest];
      sizeBytes = rest.byteLength;
      if (isLength) {
        neededBytes = new DataView(taken.buffer, taken.byteOffset).getUint32(0);
        if (neededBytes > maxBytes) throw new RangeError(`${neededBytes} bytes, and ${maxBytes} is the most`);
      } else {
        yield taken;
        neededBytes = LENGTH_BYTES;
      }
      isLength = !isLength;
    }
  }
}

const join = (pieces: readonly Uint8Array[], sizeBytes: number): Uint8Array => {
  const whole = new Uint8Array(sizeBytes);
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.byteLength;
  }
  return whole;
};
