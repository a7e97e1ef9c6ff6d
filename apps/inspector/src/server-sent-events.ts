import type { ServerResponse } from 'node:http';
import type { Cancel } from '@bowline/contracts';

/** A page that reads nothing is let go once so much waits for it, bytes: it opens another stream when it looks again. */
const MAX_WAITING_BYTES = 1_048_576;

/** Events sent to one page. */
export interface ServerSentEvents {
  readonly isOver: boolean;
  /** @param id by which the page names it later */
  send(event: string, json: string, id?: string | null): void;
  end: Cancel;
}

/**
 * Begins an event stream.
 *
 * @param onEnd called once when the page is gone, was let go, or `end` was called; with how much waited for a page that was let go
 */
export const serverSentEvents = (
  response: ServerResponse,
  onEnd: (waitingBytes: number | null) => void,
): ServerSentEvents => {
  let isOver = false;

  const finish = (waitingBytes: number | null): void => {
    if (isOver) return;
    isOver = true;
    if (waitingBytes === null) response.end();
    // What waits for somebody who does not read would stay in memory.
    else response.destroy();
    onEnd(waitingBytes);
  };
  const end = (): void => finish(null);

  response.on('close', end);
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
  return {
    get isOver() {
      return isOver;
    },
    send: (event, json, id = null) => {
      if (isOver) return;
      // Looked at before: one thing that is large may be sent to a page that reads.
      if (response.writableLength > MAX_WAITING_BYTES) finish(response.writableLength);
      else response.write(`${id === null ? '' : `id: ${id}\n`}event: ${event}\ndata: ${json}\n\n`);
    },
    end,
  };
};
