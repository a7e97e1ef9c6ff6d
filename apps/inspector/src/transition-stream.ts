import type { ServerResponse } from 'node:http';
import type { Cancel } from '@bowline/contracts';
import type { InspectedHost } from './inspected-host.ts';
import { serverSentEvents } from './server-sent-events.ts';

/**
 * Sends one page how the machines of the host move, as server-sent events: `machines` at first, with their charts and where
 * their sessions stand, then `transition` for each. Machines are watched no longer than that.
 *
 * @param onEnd called once when the page is gone or was let go
 * @returns what ends the stream
 */
export const transitionStream = (response: ServerResponse, host: InspectedHost, onEnd: () => void): Cancel => {
  const stream = serverSentEvents(response, () => {
    cancel();
    onEnd();
  });
  const waiting: string[] = [];
  let isBegun = false;
  const cancel = host.onTransition((transition) => {
    const json = JSON.stringify(transition);
    if (isBegun) stream.send('transition', json);
    else waiting.push(json);
  });
  const begin = async (): Promise<void> => {
    try {
      stream.send('machines', JSON.stringify(await host.machines()));
    } catch {
      // The host stops, and the page hears so on its other stream.
      stream.end();
    }
    isBegun = true;
    for (const json of waiting.splice(0)) stream.send('transition', json);
  };
  void begin();
  return stream.end;
};
