import type { Readable } from 'node:stream';
import { WrongUseError } from './errors.ts';

/** Reads all of a stream, but no more than `maxBytes`. @param what what is read, for the message @throws WrongUseError */
export const readBytes = async (input: Readable, maxBytes: number, what: string): Promise<Buffer> => {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of input) {
    chunks.push(chunk as Buffer);
    sizeBytes += (chunk as Buffer).byteLength;
    if (sizeBytes > maxBytes) throw new WrongUseError(`${what} holds at most ${maxBytes} bytes.`);
  }
  return Buffer.concat(chunks);
};
