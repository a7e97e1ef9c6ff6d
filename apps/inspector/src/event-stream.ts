import type { ServerResponse } from 'node:http';
import type { Cancel, Clock, Logger } from '@bowline/contracts';
import type { InspectedHost } from './inspected-host.ts';
import { serverSentEvents } from './server-sent-events.ts';
import type { ToldEvents } from './told-events.ts';

/** A page hears something at least so often, milliseconds: it says when the device does not answer any more. */
const BEAT_MS = 10_000;

/** What a stream is made from. */
export interface EventStreamComponents {
  readonly host: InspectedHost;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly refreshMs: number;
  readonly told: ToldEvents;
  /** As in `InspectorOptions`. */
  readonly command: string | null;
}

/**
 * Sends one page what happens, as server-sent events: `begun`, which says whether anything is missing since the event the page
 * had last, `told` for each event of the host, `snapshot`, whole at first, and then those of its parts that have changed, and `beat`
 * where there is nothing else to say.
 * Costs nothing while no page is open.
 *
 * @param afterId as in `ToldEvents.listen`
 * @param onEnd called once when the page is gone or was let go
 * @returns what ends the stream
 */
export const eventStream = (
  response: ServerResponse,
  { host, clock, logger, refreshMs, told, command }: EventStreamComponents,
  afterId: string | null,
  onEnd: () => void,
): Cancel => {
  let cancelTimer: Cancel = () => undefined;
  const sent = new Map<string, string>();
  let saidAtMs = clock.monotonicMs();
  const stream = serverSentEvents(response, (waitingBytes) => {
    if (waitingBytes !== null)
      logger.info({ waitingBytes }, 'page that reads nothing was let go; it opens another stream');
    cancelTimer();
    listening.cancel();
    onEnd();
  });

  const say = (event: string, json: string, id?: string | null): void => {
    saidAtMs = clock.monotonicMs();
    stream.send(event, json, id);
  };

  const refresh = async (): Promise<void> => {
    const snapshot = await readSnapshot(host, command).catch(() => ({}));
    const parts = Object.entries(snapshot).map(([part, value]) => [part, JSON.stringify(value)] as const);
    const changed = parts.filter(([part, json]) => sent.get(part) !== json);
    for (const [part, json] of changed) sent.set(part, json);
    if (changed.length > 0) say('snapshot', `{${changed.map(([part, json]) => `"${part}":${json}`).join(',')}}`);
    else if (clock.monotonicMs() - saidAtMs >= BEAT_MS) say('beat', 'null');
    if (!stream.isOver) cancelTimer = clock.setTimer(refreshMs, () => void refresh(), { unref: true });
  };

  const listening = told.listen(afterId, ({ id, json }) => say('told', json, id));
  const { missed, lastId } = listening;
  stream.send('begun', JSON.stringify({ isWhole: missed !== null }), missed?.length ? afterId : lastId);
  for (const { id, json } of missed ?? []) stream.send('told', json, id);
  void refresh();
  return stream.end;
};

/** Everything the page shows that has a present: read in one go, so that its parts fit each other. */
const readSnapshot = async (host: InspectedHost, command: string | null): Promise<object> => {
  const [status, counted] = await Promise.all([host.status(), host.traffic().catch(() => null)]);
  const devices = host.devices();
  const paired = new Set(devices.map(({ endpointId }) => endpointId));
  // Strangers, who may be thousands, are in the sum alone.
  const traffic = counted && { ...counted, peers: counted.peers.filter(({ endpointId }) => paired.has(endpointId)) };
  return { status, traffic, devices, command };
};
