import type { IncomingMessage } from 'node:http';

/** A ticket with every field full has 4 KiB. */
export const MAX_BODY_BYTES = 65_536;

/**
 * Reads no further than that: what is longer is left on its socket, which is still to carry the answer, and closed then.
 *
 * @returns the body's value; `undefined` for one that is too long or no JSON
 */
export const readJsonBody = async (request: IncomingMessage): Promise<unknown> => {
  const text = await readText(request);
  if (text === null) return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
};

const readText = (request: IncomingMessage): Promise<string | null> =>
  new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let sizeBytes = 0;
    const onData = (chunk: Buffer): void => {
      sizeBytes += chunk.length;
      if (sizeBytes > MAX_BODY_BYTES) {
        request.off('data', onData).pause();
        resolve(null);
      } else chunks.push(chunk);
    };
    request.on('data', onData);
    request.once('end', () => resolve(Buffer.concat(chunks).toString('utf8')));
    request.once('error', reject);
    request.once('close', () => reject(new Error('the page left')));
  });
