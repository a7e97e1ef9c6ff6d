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

/** Begins an event stream. @param onEnd called once when the page is gone, was let go, or `end` was called */
export const serverSentEvents = (response: ServerResponse, onEnd: () => void): ServerSentEvents => {
  let isOver = false;

  const end = (): void => {
    if (isOver) return;
    isOver = true;
    response.end();
    onEnd();
  };

  response.on('close', end);
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
  return {
    get isOver() {
      return isOver;
    },
    send: (event, json, id = null) => {
      if (isOver) return;
      response.write(`${id === null ? '' : `id: ${id}\n`}event: ${event}\ndata: ${json}\n\n`);
      if (response.writableLength > MAX_WAITING_BYTES) {
        response.destroy();
        end();
      }
    },
    end,
  };
};
