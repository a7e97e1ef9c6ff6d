import { type Cancel, type DeviceId, errorCode, errorMessage, type OutboxMessage } from '@bowline/contracts';
import { HostNotRunningError, MessageDroppedError } from '../errors.ts';
import { type Retry, retry } from '../retry.ts';
import type { System } from '../system.ts';

/** The link's own deadline, milliseconds: never; a kept message waits as long as it takes. */
const NO_DEADLINE_MS = 2_147_483_647;

/** Kept messages under way to one device: enough to fill a link, and little to hold in memory for many devices. */
const MAX_UNDER_WAY = 32;

/** A message that is kept until it is delivered. */
export interface KeptMessage {
  readonly position: number;
  /** Resolves once the other device has stored it; rejects when that device is unpaired, cannot take it, or this one stops first. */
  readonly delivered: Promise<{ readonly elapsedMs: number }>;
}

/** Sends the messages that the store keeps, whenever their device is there. */
export interface KeptMessages {
  /** Resolves once the message is stored here. Rejects with `OUTBOX_FULL`, `DEVICE_UNKNOWN`. */
  keep(deviceId: DeviceId, payload: Uint8Array): Promise<KeptMessage>;
  readonly cancel: Cancel;
}

interface Waiter {
  readonly startedAtMs: number;
  readonly resolve: (delivered: { readonly elapsedMs: number }) => void;
  readonly reject: (error: Error) => void;
}

/** What is under way to one device. */
interface Sending {
  /** The last one given to the link. */
  lastPosition: number;
  readonly underWay: Set<number>;
  isReading: boolean;
  /** Grows when everything begins anew; what was under way before counts no more. */
  round: number;
  /** When the link or the store is tried again, which did not take one. */
  readonly again: Retry;
}

export const sendKeptMessages = (system: System): KeptMessages => {
  const { parts, peers, clock, logger, inBackground } = system;
  const { links, persistence } = parts;
  const stopping = new AbortController();
  const sendings = new Map<DeviceId, Sending>();
  const waiters = new Map<number, Waiter & { readonly deviceId: DeviceId }>();

  const settle = (position: number, outcome: Error | null): void => {
    const waiter = waiters.get(position);
    waiters.delete(position);
    if (outcome !== null) waiter?.reject(outcome);
    else waiter?.resolve({ elapsedMs: Math.round(clock.monotonicMs() - waiter.startedAtMs) });
  };

  const beginAnew = (deviceId: DeviceId, sending: Sending): void => {
    sending.round += 1;
    sending.lastPosition = 0;
    sending.underWay.clear();
    sending.again.later(() => begin(deviceId));
  };

  const deliver = async (
    sending: Sending,
    { position, deviceId, messageId, payload }: OutboxMessage,
  ): Promise<void> => {
    const { round } = sending;
    try {
      const message = { deviceId, payload, messageId };
      await links.client.request('sendMessage', message, { deadlineMs: NO_DEADLINE_MS, signal: stopping.signal });
      await persistence.client.request('forgetKept', { positions: [position] });
      sending.again.settle();
      settle(position, null);
    } catch (error) {
      if (stopping.signal.aborted || errorCode(error) === 'DEVICE_REMOVED') return;
      if (errorCode(error) === 'MESSAGE_TOO_LARGE' && error instanceof Error) {
        // The device can never take it as it is, and what is behind it would wait for ever.
        logger.warn({ deviceId, position, reason: errorMessage(error) }, 'kept message given up');
        await persistence.client.request('forgetKept', { positions: [position] });
        settle(position, error);
        sending.underWay.delete(position);
        begin(deviceId);
        return;
      }
      logger.warn(
        { deviceId, position, code: errorCode(error), reason: errorMessage(error) },
        'kept message comes again',
      );
      if (round === sending.round) beginAnew(deviceId, sending);
    }
    if (round !== sending.round) return;
    sending.underWay.delete(position);
    begin(deviceId);
  };

  const read = async (deviceId: DeviceId, sending: Sending): Promise<void> => {
    const { round } = sending;
    const room = MAX_UNDER_WAY - sending.underWay.size;
    const { messages } = await persistence.client.request('listOutbox', {
      deviceId,
      afterPosition: sending.lastPosition,
      limit: room,
    });
    if (round !== sending.round) return;
    for (const message of messages) {
      sending.lastPosition = message.position;
      sending.underWay.add(message.position);
      // In the order they are asked for, and each settles by itself.
      inBackground('send a kept message', () => deliver(sending, message));
    }
  };

  const newSending = (): Sending => ({
    lastPosition: 0,
    underWay: new Set(),
    isReading: false,
    round: 0,
    again: retry(system),
  });

  /** Only while there is a link: what waits for a device that is away waits in the store. */
  const begin = (deviceId: DeviceId): void => {
    if (stopping.signal.aborted || peers.get(deviceId)?.link !== 'up') return;
    const sending = sendings.get(deviceId) ?? newSending();
    sendings.set(deviceId, sending);
    if (sending.isReading || sending.underWay.size > MAX_UNDER_WAY / 2) return;
    sending.isReading = true;
    inBackground('read kept messages', async () => {
      try {
        await read(deviceId, sending);
      } catch (error) {
        if (stopping.signal.aborted) return;
        logger.warn({ deviceId, code: errorCode(error), reason: errorMessage(error) }, 'kept messages not read yet');
        beginAnew(deviceId, sending);
      } finally {
        sending.isReading = false;
      }
    });
  };

  const cancelPeers = peers.onChanged(({ deviceId, before, after }) => {
    if (after?.link === 'up' && before?.link !== 'up') begin(deviceId);
    if (after !== undefined) return;
    sendings.get(deviceId)?.again.cancel();
    sendings.delete(deviceId);
    for (const [position, waiter] of waiters) {
      if (waiter.deviceId === deviceId) settle(position, new MessageDroppedError(deviceId));
    }
  });

  return {
    keep: async (deviceId, payload) => {
      const startedAtMs = clock.monotonicMs();
      const { position } = await persistence.client.request('keepMessage', { deviceId, atMs: clock.nowMs(), payload });
      const { promise, resolve, reject } = Promise.withResolvers<{ readonly elapsedMs: number }>();
      // Whoever does not care for it need not wait for it.
      promise.catch(() => undefined);
      waiters.set(position, { deviceId, startedAtMs, resolve, reject });
      begin(deviceId);
      return { position, delivered: promise };
    },
    cancel: () => {
      stopping.abort();
      cancelPeers();
      for (const { again } of sendings.values()) again.cancel();
      for (const position of [...waiters.keys()]) settle(position, new HostNotRunningError());
    },
  };
};
