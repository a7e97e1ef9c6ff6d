import { type DeviceId, errorCode } from '@bowline/contracts';
import { connectHost } from '../../apps/bowline/src/connected/connect-host.ts';
import { pause } from './deadline.ts';
import type { LabDevice } from './lab-device.ts';

/** What became of numbered messages from one device to another. */
export interface MessageTally {
  readonly sent: number;
  /** Said to be on the disk of the sender. */
  readonly kept: number;
  /** Kept, and never there. */
  readonly lost: readonly number[];
  readonly twice: readonly number[];
  /** There behind one that was sent later. */
  readonly outOfOrder: readonly number[];
}

/** A stream of numbered messages in one direction, whatever happens to either device. */
export interface NumberedMessages {
  /** Sends no more; waits until what is under way has ended, reads what is left, and judges. */
  end(): Promise<MessageTally>;
}

const SEND_EVERY_MS = 100;
const READ_EVERY_MS = 500;

/** So many are asked to be kept at once at most. */
const MOST_UNDER_WAY = 50;

const READ_AT_ONCE = 200;

/** After the last fault everything under way arrives within this, or is lost. */
const LEFT_MS = 120_000;

/** Said of a message whose daemon ended or slept before it answered: it may be kept or not. */
const UNCERTAIN = new Set(['DAEMON_GONE', 'CHANNEL_DEADLINE']);

/**
 * Judges what arrived. A message whose sender was killed, or slept, before it said that it keeps it may be there or not; everything
 * else has to be, once and in order.
 */
export const tallyOf = (sent: number, kept: ReadonlySet<number>, received: readonly number[]): MessageTally => {
  const there = new Set(received);
  const seen = new Set<number>();
  const twice: number[] = [];
  const outOfOrder: number[] = [];
  let latest = -1;
  for (const number of received) {
    if (seen.has(number)) twice.push(number);
    else if (number < latest) outOfOrder.push(number);
    seen.add(number);
    latest = Math.max(latest, number);
  }
  const lost = [...kept].filter((number) => !there.has(number));
  return { sent, kept: kept.size, lost, twice, outOfOrder };
};

/** Begins to send from one device to the other, and to take what arrives there. */
export const numberedMessages = async (from: LabDevice, to: LabDevice): Promise<NumberedMessages> => {
  const app = connectHost({ dataDir: from.dataDir });
  await app.start();
  const toId: DeviceId = (await from.channel().request('findDevice', { device: to.name })).device.id;
  const kept = new Set<number>();
  /** By their position in the inbox: one that is read again, because its taking was not heard, is the same one. */
  const received = new Map<number, number>();
  const failures: unknown[] = [];
  let sent = 0;
  let underWay = 0;
  let isEnding = false;

  const send = async (number: number): Promise<void> => {
    underWay += 1;
    try {
      await app.send(toId, `${from.name} ${number}`, { persist: true });
      kept.add(number);
    } catch (error) {
      // The daemon was killed before it answered, or sleeps; whatever else it says is a failure.
      if (!UNCERTAIN.has(errorCode(error) ?? '')) failures.push(error);
    } finally {
      underWay -= 1;
    }
  };
  const timer = setInterval(() => {
    if (underWay >= MOST_UNDER_WAY || !app.isConnected) return;
    sent += 1;
    void send(sent);
  }, SEND_EVERY_MS);

  /** Takes what is there. */
  const read = async (): Promise<void> => {
    const asked = { device: from.name, afterPosition: 0, limit: READ_AT_ONCE };
    const { messages } = await to.channel().request('messages', asked);
    for (const { position, text } of messages) received.set(position, Number(text?.split(' ')[1]));
    if (messages.length === 0) return;
    await to.channel().request('takeMessages', { positions: messages.map(({ position }) => position) });
  };
  const reading = (async () => {
    while (!isEnding) {
      // Asked of a daemon that is just killed, it is asked again of the next.
      if (to.isUp()) await read().catch(() => undefined);
      await pause(READ_EVERY_MS);
    }
  })();
  const isThere = (): boolean => {
    const there = new Set(received.values());
    return underWay === 0 && [...kept].every((number) => there.has(number));
  };

  return {
    end: async () => {
      clearInterval(timer);
      isEnding = true;
      await reading;
      const deadlineMs = performance.now() + LEFT_MS;
      while (!isThere() && performance.now() < deadlineMs) {
        await read();
        await pause(READ_EVERY_MS);
      }
      await app.stop();
      if (failures.length > 0) throw failures[0];
      const inOrder = [...received].toSorted(([a], [b]) => a - b).map(([, number]) => number);
      return tallyOf(sent, kept, inOrder);
    },
  };
};
