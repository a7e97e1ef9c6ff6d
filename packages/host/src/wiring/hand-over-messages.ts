import { type Cancel, type DeviceId, errorCode, errorMessage, type InboxMessage } from '@bowline/contracts';
import { backoffDelayMs } from '@bowline/limits';
import { readBody } from '../messages/message-content.ts';
import type { System } from '../system.ts';

/** Messages read from the store at once. */
const PAGE = 16;

/** Pauses before a message whose handler failed is handed over again. */
const PAUSES = { firstMs: 1_000, mostMs: 60_000, jitterRatio: 0 };

/**
 * Hands the messages in the inbox to the app's handler, if it has one: those of each device in order, one at a time. A
 * message is taken once its handler is done, so that what the app did not finish comes again.
 */
export const handOverMessages = (system: System): Cancel => {
  const { inbox, messageHandler, clock, logger, inBackground, parts } = system;
  const stopping = new AbortController();
  /** Devices whose messages are being handed over; `true` when more came meanwhile. */
  const active = new Map<DeviceId, boolean>();

  const pause = (ms: number): Promise<void> =>
    new Promise((resolve) => {
      clock.setTimer(ms, resolve, { unref: true });
    });

  /** `false` when it must be handed over again. */
  const handOver = async ({ position, deviceId, deviceName, atMs, payload }: InboxMessage): Promise<boolean> => {
    const handler = messageHandler.current;
    if (handler === null || stopping.signal.aborted) return false;
    try {
      await handler({ position, from: deviceId, fromName: deviceName, atMs, body: readBody(payload) });
    } catch (error) {
      logger.warn({ deviceId, position, reason: errorMessage(error) }, 'message handler failed, message comes again');
      return false;
    }
    await inbox.take([position]);
    return true;
  };

  const handOverPage = async (deviceId: DeviceId): Promise<'done' | 'more' | 'again'> => {
    const messages = await inbox.list(deviceId, 0, PAGE);
    for (const message of messages) if (!(await handOver(message))) return 'again';
    return messages.length === 0 ? 'done' : 'more';
  };

  const run = async (deviceId: DeviceId): Promise<void> => {
    let failures = 0;
    while (messageHandler.current !== null && !stopping.signal.aborted) {
      active.set(deviceId, false);
      const outcome = await handOverPage(deviceId).catch((error: unknown) => {
        const fields = { deviceId, code: errorCode(error), reason: errorMessage(error) };
        if (!stopping.signal.aborted) logger.warn(fields, 'messages not handed over yet');
        return 'again' as const;
      });
      if (outcome === 'done' && active.get(deviceId) === false) return;
      if (outcome === 'again') {
        failures += 1;
        await pause(backoffDelayMs(PAUSES, failures, 0));
      } else failures = 0;
    }
  };

  const begin = (deviceId: DeviceId): void => {
    if (messageHandler.current === null) return;
    const isActive = active.has(deviceId);
    active.set(deviceId, true);
    if (isActive) return;
    inBackground('hand over messages', () => run(deviceId).finally(() => active.delete(deviceId)));
  };

  const beginAll = (): void => {
    if (messageHandler.current === null) return;
    inBackground('hand over messages', async () => {
      const usage = await parts.persistence.client.request('messageUsage', {});
      for (const { deviceId } of usage.inbox) begin(deviceId);
    });
  };

  beginAll();
  const cancels = [inbox.onArrived(begin), messageHandler.onSet(beginAll)];
  return () => {
    stopping.abort();
    for (const cancel of cancels) cancel();
  };
};
