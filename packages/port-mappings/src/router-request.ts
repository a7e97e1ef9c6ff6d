/** A router that did not answer as one does. */
export class RouterRequestError extends Error {
  override readonly name = 'RouterRequestError';
}

export interface RouterRequest {
  readonly url: string;
  readonly method: 'GET' | 'POST';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly signal: AbortSignal;
}

export interface RouterResponse {
  readonly status: number;
  readonly text: string;
}

/** Largest answer read, bytes: descriptions of routers have some 20 kB. */
const MAX_ANSWER_BYTES = 262_144;

/** Asks a router over HTTP, past any proxy. Redirections are not followed. @throws {@link RouterRequestError}, or the signal's reason */
export const askRouter = async ({
  url,
  method,
  headers = {},
  body = '',
  signal,
}: RouterRequest): Promise<RouterResponse> => {
  // Loaded once a router is asked: most devices never do, and it takes `fetch` and WebSocket with it.
  const { request } = await import('node:http');
  return new Promise((resolve, reject) => {
    const fail = (reason: string, cause?: unknown): void => {
      reject(signal.aborted ? signal.reason : new RouterRequestError(reason, { cause }));
    };
    const length = { 'content-length': String(Buffer.byteLength(body)) };
    const asking = request(url, { method, headers: { ...headers, ...length }, signal, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      let sizeBytes = 0;
      response.on('data', (chunk: Buffer) => {
        sizeBytes += chunk.length;
        if (sizeBytes > MAX_ANSWER_BYTES) {
          response.destroy();
          fail('the answer is too large');
        } else chunks.push(chunk);
      });
      response.on('error', (error) => fail('the answer broke off', error));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString() }));
    });
    asking.on('error', (error) => fail('it could not be asked', error));
    asking.end(body);
  });
};
