import type { EventListeners } from '@bowline/channel';
import type {
  AppChannel,
  Cancel,
  ChannelClient,
  Logger,
  RequestInput,
  RequestOutput,
  ServicesChannel,
} from '@bowline/contracts';
import { errorMessage } from '@bowline/contracts';
import type { DaemonSession } from './daemon-session.ts';

/** How much longer an app waits than the daemon does, so that it hears why, milliseconds. */
const ANSWER_MS = 5_000;

/** The streams and datagrams of the daemon's device, asked for as those of a device of one's own are. */
export interface AppServicesClient {
  readonly client: ChannelClient<ServicesChannel>;
  /** Whether datagrams are listened to, for a daemon that has not been told. */
  readonly isHearing: boolean;
}

export const servicesClient = (
  session: Pick<DaemonSession, 'request' | 'isConnected'>,
  listeners: EventListeners<AppChannel>,
  logger: Logger,
): AppServicesClient => {
  let hearers = 0;

  const tellHearing = (isHearing: boolean): void => {
    // One that is gone is told when it is back.
    if (!session.isConnected) return;
    session
      .request('hearDatagrams', { isHearing })
      .catch((error: unknown) => logger.debug({ reason: errorMessage(error) }, 'daemon not told of datagrams'));
  };
  const hear = (cancel: Cancel): Cancel => {
    let isHeard = true;
    hearers += 1;
    if (hearers === 1) tellHearing(true);
    return () => {
      cancel();
      if (!isHeard) return;
      isHeard = false;
      hearers -= 1;
      if (hearers === 0) tellHearing(false);
    };
  };

  /** The daemon gives one piece at a time. */
  const read = async (input: RequestInput<AppChannel, 'read'>): Promise<RequestOutput<ServicesChannel, 'read'>> => {
    const { bytes } = await session.request('read', input);
    return { pieces: bytes === null ? [] : [bytes] };
  };

  const client = {
    request: (name: string, input: object, options: { deadlineMs?: number; signal?: AbortSignal } = {}) => {
      if (name === 'read') return read(input as RequestInput<AppChannel, 'read'>);
      const { deadlineMs } = options;
      if (deadlineMs === undefined) return session.request(name as never, input as never, options);
      const asked = { ...options, deadlineMs: deadlineMs + ANSWER_MS };
      return session.request(name as never, { ...input, deadlineMs } as never, asked);
    },
    on: (name: string, listener: (payload: unknown) => void): Cancel => {
      const cancel = listeners.on(name as never, listener as never);
      return name === 'datagram.received' ? hear(cancel) : cancel;
    },
  } as ChannelClient<ServicesChannel>;
  return {
    client,
    get isHearing() {
      return hearers > 0;
    },
  };
};
