import type { ServerResponse } from 'node:http';
import type { Cancel, Clock, HostEvent } from '@bowline/contracts';
import type { InspectedHost } from './inspected-host.ts';

/** A page that reads nothing is let go once so much waits for it, bytes: it opens another stream when it looks again. */
const MAX_WAITING_BYTES = 1_048_576;

/** What a stream is made from. */
export interface EventStreamComponents {
  readonly host: InspectedHost;
  readonly clock: Clock;
  readonly refreshMs: number;
}

/**
 * Sends one page what happens, as server-sent events: `snapshot` at first and whenever it has changed, and `told` for each
 * event of the host. Costs nothing while no page is open.
 *
 * @param onEnd called once when the page is gone or was let go
 * @returns what ends the stream
 */
export const eventStream = (
  response: ServerResponse,
  { host, clock, refreshMs }: EventStreamComponents,
  onEnd: () => void,
): Cancel => {
  let isOver = false;
  let cancelTimer: Cancel = () => undefined;
  let lastSnapshot = '';

  const end = (): void => {
    if (isOver) return;
    isOver = true;
    cancelTimer();
    cancelEvents();
    response.end();
    onEnd();
  };

  const send = (event: string, json: string): void => {
    if (isOver) return;
    response.write(`event: ${event}\ndata: ${json}\n\n`);
    if (response.writableLength > MAX_WAITING_BYTES) {
      response.destroy();
      end();
    }
  };

  const refresh = async (): Promise<void> => {
    const snapshot = JSON.stringify(await readSnapshot(host).catch(() => null));
    if (snapshot !== lastSnapshot && snapshot !== 'null') send('snapshot', snapshot);
    lastSnapshot = snapshot;
    if (!isOver) cancelTimer = clock.setTimer(refreshMs, () => void refresh(), { unref: true });
  };

  const cancelEvents = host.onAny((event: HostEvent) =>
    send('told', JSON.stringify({ atMs: clock.nowMs(), ...event })),
  );
  response.on('close', end);
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
  void refresh();
  return end;
};

/** Everything the page shows that has a present: read in one go, so that its parts fit each other. */
const readSnapshot = async (host: InspectedHost): Promise<object> => {
  const [status, traffic] = await Promise.all([host.status(), host.traffic().catch(() => null)]);
  return { status, traffic, devices: host.devices() };
};
