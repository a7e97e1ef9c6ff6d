import type { OwnStream } from '../services/device-stream.ts';

/** Bytes that go to one stream in memory that is used again and again, since to get more of it costs as much as to fill it. */
export interface LentBlocks {
  /** A block of that size that nobody needs any more. */
  take(): Buffer;
  /** Says what stands in a block, which is not to be changed from then on. Resolves when there is room for more. */
  lend(block: Buffer, bytes: Uint8Array): Promise<void>;
  /** Says bytes that nobody changes. */
  say(bytes: Uint8Array): Promise<void>;
}

/** Everything that is said on the stream is said by way of it, one after the other. */
export const lentBlocks = (stream: Pick<OwnStream, 'lend'>, blockBytes: number): LentBlocks => {
  const free: Buffer[] = [];
  const lent: { readonly block: Buffer; readonly endsAt: number }[] = [];
  let saidBytes = 0;

  const say = async (bytes: Uint8Array): Promise<void> => {
    saidBytes += bytes.byteLength;
    const keptFrom = saidBytes - (await stream.lend(bytes));
    for (let [first] = lent; first !== undefined && first.endsAt <= keptFrom; [first] = lent) {
      lent.shift();
      free.push(first.block);
    }
  };

  return {
    take: () => free.pop() ?? Buffer.allocUnsafeSlow(blockBytes),
    lend: async (block, bytes) => {
      lent.push({ block, endsAt: saidBytes + bytes.byteLength });
      await say(bytes);
    },
    say,
  };
};
