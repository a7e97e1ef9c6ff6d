import { errorCode } from '@bowline/contracts';
import { pause, within } from './deadline.ts';
import type { LabDevice } from './lab-device.ts';

/** What became of numbered messages from one device to another. */
export interface MessageTally {
  readonly sent: number;
  readonly delivered: number;
  /** Said to be delivered, and never there. */
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

/** So many are under way at most: a person would wait, too. */
const MOST_UNDER_WAY = 50;

const READ_AT_ONCE = 200;

/** After the last fault everything under way arrives within this, or is lost. */
const LEFT_MS = 120_000;

/**
 * Judges what arrived. A message whose sender was killed before it heard of the delivery may be there or not; everything
 * else has to be, once and in order.
 */
export const tallyOf = (sent: number, delivered: ReadonlySet<number>, received: readonly number[]): MessageTally => {
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
  const lost = [...delivered].filter((number) => !there.has(number));
  return { sent, delivered: delivered.size, lost, twice, outOfOrder };
};

/** Begins to send from one device to the other, and to take what arrives there. */
export const numberedMessages = (from: LabDevice, to: LabDevice): NumberedMessages => {
  const delivered = new Set<number>();
  /** By their position in the inbox: one that is read again, because its taking was not heard, is the same one. */
  const received = new Map<number, number>();
  let sent = 0;
  let underWay = 0;
  let isEnding = false;

  const send = async (number: number): Promise<void> => {
    underWay += 1;
    try {
      await from.channel().request('send', { device: to.name, text: `${from.name} ${number}` });
      delivered.add(number);
    } catch (error) {
      // The daemon was killed, or its conversation with this program went with it; whatever else it says is a failure.
      if (!UNCERTAIN.has(errorCode(error) ?? '')) throw error;
    } finally {
      underWay -= 1;
    }
  };
  const failures: unknown[] = [];
  const timer = setInterval(() => {
    if (isEnding || underWay >= MOST_UNDER_WAY || !from.isUp() || !to.isUp()) return;
    sent += 1;
    send(sent).catch((error: unknown) => failures.push(error));
  }, SEND_EVERY_MS);

  /** Takes what is there. @returns how many there were */
  const read = async (): Promise<number> => {
    const { messages } = await to
      .channel()
      .request('messages', { device: from.name, afterPosition: 0, limit: READ_AT_ONCE });
    for (const { position, text } of messages) received.set(position, Number(text?.split(' ')[1]));
    if (messages.length > 0) {
      await to.channel().request('takeMessages', { positions: messages.map(({ position }) => position) });
    }
    return messages.length;
  };
  const reading = (async () => {
    while (!isEnding) {
      // Asked of a daemon that is just killed, it is asked again of the next.
      if (to.isUp()) await read().catch(() => undefined);
      await pause(READ_EVERY_MS);
    }
  })();

  return {
    end: async () => {
      clearInterval(timer);
      isEnding = true;
      await reading;
      const untilSettled = async (): Promise<void> => {
        while (underWay > 0) {
          await read();
          await pause(READ_EVERY_MS);
        }
        while ((await read()) > 0);
      };
      await within(LEFT_MS, `the messages of ${from.name} under way`, untilSettled());
      if (failures.length > 0) throw failures[0];
      const inOrder = [...received].toSorted(([a], [b]) => a - b).map(([, number]) => number);
      return tallyOf(sent, delivered, inOrder);
    },
  };
};

/** Said of a request whose daemon ended before it answered. */
const UNCERTAIN = new Set(['CHANNEL_CLOSED', 'CHANNEL_CANCELLED']);
