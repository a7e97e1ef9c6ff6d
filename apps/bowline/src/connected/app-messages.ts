import type { EventListeners } from '@bowline/channel';
import { type AppChannel, type DeviceId, errorMessage, type Logger } from '@bowline/contracts';
import {
  abortable,
  checkSendOptions,
  encodeMessageBody,
  type Host,
  type KeepOptions,
  type MessageBody,
  messageHandlerSlot,
  type SendOptions,
} from '@bowline/host';
import type { DaemonSession } from './daemon-session.ts';

/** The messages of a daemon's device, as one app sends and takes them. */
export interface AppMessages {
  readonly send: Host['send'];
  readonly onMessage: Host['onMessage'];
  /** Says to a daemon that has not heard it whether this app takes messages. */
  registerAgain(request: DaemonSession['request']): Promise<void>;
}

interface AppMessagesComponents {
  readonly session: DaemonSession;
  readonly listeners: EventListeners<AppChannel>;
  readonly logger: Logger;
}

export const appMessages = ({ session, listeners, logger }: AppMessagesComponents): AppMessages => {
  const slot = messageHandlerSlot();

  const say = async (request: DaemonSession['request'], isHandling: boolean): Promise<void> => {
    const { isOurTurn } = await request('handleMessages', { isHandling });
    if (isHandling && !isOurTurn)
      logger.warn({}, 'another app takes the messages, this one does when that one is gone');
  };
  const sayNow = (isHandling: boolean): void => {
    if (!session.isConnected) return;
    say(session.request, isHandling).catch((error: unknown) =>
      logger.warn({ reason: errorMessage(error) }, 'daemon not told who takes messages'),
    );
  };
  slot.onSet(() => sayNow(true));

  listeners.on('message.offered', ({ message }) => {
    const { position } = message;
    const take = async (): Promise<string | null> => {
      if (slot.current === null) return 'the app takes messages no more';
      try {
        await slot.current(message);
        return null;
      } catch (error) {
        return errorMessage(error);
      }
    };
    take()
      .then((problem) => session.request('settleMessage', { position, problem }))
      // With the conversation the daemon has forgotten that it asked, and the message comes again.
      .catch((error: unknown) => logger.debug({ position, reason: errorMessage(error) }, 'message comes again'));
  });

  async function send(deviceId: DeviceId, body: MessageBody, options: SendOptions | KeepOptions = {}) {
    checkSendOptions(options);
    encodeMessageBody(body);
    const content = typeof body === 'string' ? body : Uint8Array.from(body);
    if ('persist' in options && options.persist) {
      const { position } = await session.request('keep', { deviceId, body: content });
      const delivered = session.request('awaitDelivery', { position });
      delivered.catch(() => undefined);
      return { position, delivered };
    }
    const { deadlineMs, signal } = options as SendOptions;
    const input = { deviceId, body: content, ...(deadlineMs === undefined ? {} : { deadlineMs }) };
    return abortable(signal, () => session.request('send', input, signal === undefined ? {} : { signal }));
  }

  return {
    send: send as Host['send'],
    onMessage: (handler) => {
      const cancel = slot.set(handler);
      return () => {
        if (slot.current === handler) sayNow(false);
        cancel();
      };
    },
    registerAgain: async (request) => {
      if (slot.current !== null) await say(request, true);
    },
  };
};
