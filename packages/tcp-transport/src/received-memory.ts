/** What came off a socket and was told, until whoever was told is done with it. */
interface ToldChunk {
  readonly buffer: ArrayBuffer;
  /** Bytes that were told of the connection when all of this chunk was. */
  readonly toldBytes: number;
}

/**
 * Gives memory back as soon as nobody needs it. Each read of TLS comes in a block of its own, and V8 frees those only when
 * it collects garbage: of a large file 100 MiB waited for that, and it collected all of its heap twenty times a second to
 * bound them.
 */
export interface ReceivedMemory {
  /** A chunk came, and so many bytes of it or of what was put together were told. */
  told(chunk: Uint8Array, bytes: number): void;
  /** So many of the bytes that were told are not looked at any more, the earliest first. */
  taken(bytes: number): void;
}

export const receivedMemory = (): ReceivedMemory => {
  let waiting: ToldChunk[] = [];
  let toldBytes = 0;
  let takenBytes = 0;

  return {
    told: (chunk, bytes) => {
      toldBytes += bytes;
      if (isWholeBlock(chunk)) waiting.push({ buffer: chunk.buffer, toldBytes });
    },
    taken: (bytes) => {
      takenBytes += bytes;
      const firstKept = waiting.findIndex((chunk) => chunk.toldBytes > takenBytes);
      const over = firstKept === -1 ? waiting : waiting.slice(0, firstKept);
      waiting = firstKept === -1 ? [] : waiting.slice(firstKept);
      for (const { buffer } of over) buffer.transfer(0);
    },
  };
};

/** A part of a block may have others beside it that are somebody else's. */
const isWholeBlock = (chunk: Uint8Array): chunk is Uint8Array<ArrayBuffer> =>
  chunk.buffer instanceof ArrayBuffer && chunk.byteLength > 0 && chunk.byteLength === chunk.buffer.byteLength;
