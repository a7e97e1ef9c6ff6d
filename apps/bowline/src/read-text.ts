import type { Readable } from 'node:stream';
import { readBytes } from './read-bytes.ts';

/** As {@link readBytes}, but text; what is no UTF-8 becomes U+FFFD. @throws WrongUseError */
export const readText = async (input: Readable, maxBytes: number, what: string): Promise<string> =>
  (await readBytes(input, maxBytes, what)).toString('utf8');
