import type { DeviceId } from '@bowline/contracts';
import { abortable } from '../abortable.ts';
import { checkSendOptions } from '../call-options.ts';
import type { Host, KeepOptions, SendOptions } from '../host.ts';
import { encodeMessageBody, type MessageBody } from '../message-body.ts';
import { readBody } from '../messages/message-content.ts';
import type { MessageHandlerSlot } from '../messages/message-handler.ts';
import type { RunningHost } from '../open-host.ts';
import type { KeptMessage } from '../wiring/send-kept-messages.ts';

type MessageMethods = Pick<Host, 'send' | 'onMessage' | 'messages' | 'takeMessages'>;

export const messageMethods = (now: () => RunningHost, messageHandler: MessageHandlerSlot): MessageMethods => {
  function send(deviceId: DeviceId, body: MessageBody, options?: SendOptions): Promise<{ readonly elapsedMs: number }>;
  function send(deviceId: DeviceId, body: MessageBody, options: KeepOptions): Promise<KeptMessage>;
  async function send(deviceId: DeviceId, body: MessageBody, options: SendOptions | KeepOptions = {}) {
    checkSendOptions(options);
    const payload = encodeMessageBody(body);
    const { composition, sender } = now();
    if ('persist' in options && options.persist) return composition.keepMessage(deviceId, payload);
    const { deadlineMs, signal } = options as SendOptions;
    return abortable(signal, () => sender.send(deviceId, payload, { deadlineMs, signal }));
  }

  return {
    send,
    onMessage: (handler) => messageHandler.set(handler),
    messages: async ({ deviceId, afterPosition = 0, limit = 1_000 } = {}) => {
      const messages = await now().system.inbox.list(deviceId ?? null, afterPosition, limit);
      return messages.map(({ position, deviceId: from, deviceName: fromName, atMs, payload }) => {
        return { position, from, fromName, atMs, body: readBody(payload) };
      });
    },
    takeMessages: (positions) => now().system.inbox.take(positions),
  };
};
