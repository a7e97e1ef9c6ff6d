import type { DeviceId, HeldBackReason } from '@bowline/contracts';
import { MessageNotDeliveredError } from '../errors.ts';
import type { System } from '../system.ts';
import { sendingTurns } from './sending-turns.ts';

/** How long a message waits for its device unless asked otherwise. */
const DEFAULT_DEADLINE_MS = 30_000;

/** The link's own deadline, milliseconds: never, for the one here decides. */
const NO_DEADLINE_MS = 2_147_483_647;

export interface SendMessageOptions {
  readonly deadlineMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Sends messages that end with this device. */
export interface MessageSender {
  /**
   * Resolves once the other device has stored it.
   * @throws {@link MessageNotDeliveredError} when the device has acknowledged nothing for as long as the deadline: a message
   * that waits its turn behind others is not late while those arrive.
   */
  send(deviceId: DeviceId, payload: Uint8Array, options: SendMessageOptions): Promise<{ readonly elapsedMs: number }>;
}

export const messageSender = ({ parts, clock }: Pick<System, 'parts' | 'clock'>): MessageSender => {
  const { links } = parts;
  /** When each device last acknowledged anything. */
  const acknowledgedAtMs = new Map<DeviceId, number>();
  const turns = sendingTurns();

  const reasonOf = async (deviceId: DeviceId): Promise<HeldBackReason | 'away'> => {
    const { links: all } = await links.client.request('status', {});
    return all.find((link) => link.deviceId === deviceId)?.heldBack ?? 'away';
  };

  const sendInTurn = async (deviceId: DeviceId, payload: Uint8Array, signal: AbortSignal): Promise<void> => {
    const endTurn = await turns.take(deviceId, payload.length, signal);
    try {
      signal.throwIfAborted();
      const options = { deadlineMs: NO_DEADLINE_MS, signal };
      await links.client.request('sendMessage', { deviceId, payload }, options);
    } finally {
      endTurn();
    }
  };

  return {
    send: async (deviceId, payload, { deadlineMs = DEFAULT_DEADLINE_MS, signal }) => {
      const startedAtMs = clock.monotonicMs();
      const late = new AbortController();
      let cancelTimer = (): void => undefined;
      const watch = (): void => {
        const sinceMs = Math.max(startedAtMs, acknowledgedAtMs.get(deviceId) ?? 0);
        const leftMs = sinceMs + deadlineMs - clock.monotonicMs();
        if (leftMs <= 0) late.abort();
        else cancelTimer = clock.setTimer(leftMs, watch, { unref: true });
      };
      watch();
      try {
        const ended = signal === undefined ? late.signal : AbortSignal.any([late.signal, signal]);
        await sendInTurn(deviceId, payload, ended);
        acknowledgedAtMs.set(deviceId, clock.monotonicMs());
        return { elapsedMs: Math.round(clock.monotonicMs() - startedAtMs) };
      } catch (error) {
        // Whoever no longer waits is told so; everything else that ended with the deadline is the deadline.
        if (!late.signal.aborted || signal?.aborted === true) throw error;
        throw new MessageNotDeliveredError(deviceId, deadlineMs, await reasonOf(deviceId), error);
      } finally {
        cancelTimer();
      }
    },
  };
};
