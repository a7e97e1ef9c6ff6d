import {
  type Cancel,
  type DeviceId,
  type EventPayload,
  errorCode,
  errorMessage,
  type HeldBackReason,
  type LinksChannel,
} from '@bowline/contracts';
import { TokenBucket } from '@bowline/limits';
import { contentOf, type JournaledMessage, journalForm, readBody, sizeOf } from '../messages/message-content.ts';
import { type Retry, retry } from '../retry.ts';
import type { System } from '../system.ts';

type Message = EventPayload<LinksChannel, 'message.received'>;

/** Longest message that the journal repeats of one that waits in the inbox, characters: it is there to be looked at. */
const MAX_JOURNALED_CHARACTERS = 1_024;

/**
 * Bytes that one device may have written here for its messages: a full inbox at once, then as much as wears no disk out.
 * What comes faster waits unacknowledged, so its sender keeps it.
 */
const WRITE_RATE = { perSecond: 1_048_576, burst: 33_554_432 };

/** What any message costs beside its bytes: the pages of the database that change with it. */
const MESSAGE_COST_BYTES = 4_096;

/** The messages of one device that are not stored yet, in order. */
interface Queue {
  readonly messages: Message[];
  heldBack: HeldBackReason | null;
  /** What it may have written. */
  readonly allowance: TokenBucket;
  /** Ends a wait for room, or for the store. */
  wake: () => void;
  /** When the store is tried again, which it did not take. */
  readonly again: Retry;
}

/**
 * Stores every received message before its sender hears that it arrived: what was acknowledged is on disk until somebody
 * takes it. A message that cannot be stored holds up those after it, for acknowledging a later one would acknowledge it as
 * well; its sender is told why. Devices do not wait for each other.
 */
export const deliverMessages = (system: System): Cancel => {
  const { parts, peers, hub, clock, inbox, inBackground, logger, options } = system;
  const { links, persistence } = parts;
  const stopping = new AbortController();
  const queues = new Map<DeviceId, Queue>();
  const into = options.messages === 'journal' ? 'journal' : 'inbox';

  const store = async (message: Message): Promise<'stored' | 'repeat' | 'full' | 'gone'> => {
    const { deviceId, position, messageId, payload } = message;
    const peer = peers.get(deviceId);
    if (peer === undefined) return 'gone';
    const body = readBody(payload);
    const glimpse = into === 'journal' ? journalForm(body) : glimpseOf(journalForm(body));
    const note = { ...glimpse, sizeBytes: sizeOf(body) };
    const { outcome } = await persistence.client.request('receiveMessage', {
      deviceId,
      deviceName: peer.device.name,
      atMs: clock.nowMs(),
      received: position,
      messageId,
      payload,
      into,
      note: { event: 'message.received', data: note },
    });
    if (outcome === 'full') return outcome;
    // A control character takes six bytes of JSON.
    const written = outcome === 'repeat' ? 0 : payload.length + Buffer.byteLength(JSON.stringify(note));
    queues.get(deviceId)?.allowance.spend(MESSAGE_COST_BYTES + written, clock.monotonicMs());
    peers.updateRecord(deviceId, { lastReceived: position });
    inBackground('acknowledge', () => links.client.request('acknowledge', { deviceId, position }));
    if (outcome === 'repeat') return outcome;
    hub.tell({ event: 'message.received', from: deviceId, fromName: peer.device.name, ...contentOf(body) });
    if (into === 'inbox') inbox.noteArrived(deviceId);
    return outcome;
  };

  const tryToStore = async (message: Message): Promise<'stored' | 'repeat' | 'gone' | HeldBackReason | 'later'> => {
    try {
      const outcome = await store(message);
      return outcome === 'full' ? 'inboxFull' : outcome;
    } catch (error) {
      const code = errorCode(error);
      if (code === 'DEVICE_UNKNOWN') return 'gone';
      const fields = { deviceId: message.deviceId, code, reason: errorMessage(error) };
      if (!stopping.signal.aborted) logger.warn(fields, 'message not stored yet');
      return code === 'STORE_FULL' ? 'storeFull' : 'later';
    }
  };

  const hold = (deviceId: DeviceId, queue: Queue, heldBack: HeldBackReason | null): void => {
    if (queue.heldBack === heldBack) return;
    queue.heldBack = heldBack;
    const name = peers.get(deviceId)?.device.name;
    inBackground('hold messages back', () => links.client.request('setReceiving', { deviceId, heldBack }));
    if (name !== undefined) hub.tell({ event: 'messages.heldBack', deviceId, name, by: 'us', reason: heldBack });
  };

  /** Until somebody takes a message of the device, or the store may have mended. */
  const wait = (queue: Queue, isForRoom: boolean): Promise<void> =>
    new Promise((resolve) => {
      if (!isForRoom) queue.again.later(resolve);
      queue.wake = () => {
        queue.again.cancel();
        resolve();
      };
    });

  /** Until what was written for a device is within its rate again, or nothing of it waits any more. */
  const rest = async (queue: Queue): Promise<void> => {
    while (queue.messages.length > 0 && !stopping.signal.aborted) {
      const waitMs = queue.allowance.waitMs(0, clock.monotonicMs());
      if (waitMs === 0) return;
      await new Promise<void>((resolve) => {
        const cancel = clock.setTimer(waitMs, resolve, { unref: true });
        queue.wake = () => {
          cancel();
          resolve();
        };
      });
    }
  };

  const run = async (deviceId: DeviceId, queue: Queue): Promise<void> => {
    for (let message = queue.messages[0]; message !== undefined; message = queue.messages[0]) {
      await rest(queue);
      if (queue.messages[0] !== message) continue;
      if (stopping.signal.aborted) return;
      const outcome = await tryToStore(message);
      if (outcome === 'stored' || outcome === 'repeat' || outcome === 'gone') {
        // It may have been dropped meanwhile.
        if (queue.messages[0] === message) queue.messages.shift();
        queue.again.settle();
        if (outcome !== 'gone') hold(deviceId, queue, null);
        continue;
      }
      if (outcome !== 'later') hold(deviceId, queue, outcome);
      await wait(queue, outcome === 'inboxFull');
    }
  };

  const queueOf = (deviceId: DeviceId): Queue => {
    const queue = queues.get(deviceId) ?? {
      messages: [],
      heldBack: null,
      allowance: new TokenBucket(WRITE_RATE, clock.monotonicMs()),
      wake: () => undefined,
      again: retry(system),
    };
    queues.set(deviceId, queue);
    return queue;
  };

  const cancels = [
    links.client.on('message.received', (message) => {
      const queue = queueOf(message.deviceId);
      const isIdle = queue.messages.length === 0;
      // What came before a new start of the sender is not acknowledged: it is the sender's to send again.
      const isOfThisStart = ({ position }: Message) => position.incarnation === message.position.incarnation;
      const kept = queue.messages.filter(isOfThisStart);
      queue.messages.splice(0, queue.messages.length, ...kept, message);
      if (isIdle) inBackground('store messages', () => run(message.deviceId, queue));
    }),
    inbox.onTaken((deviceId) => queues.get(deviceId)?.wake()),
    links.client.on('peer.heldBack', ({ deviceId, heldBack: reason }) => {
      const name = peers.get(deviceId)?.device.name;
      if (name !== undefined) hub.tell({ event: 'messages.heldBack', deviceId, name, by: 'peer', reason });
    }),
    peers.onChanged(({ deviceId, after }) => {
      if (after !== undefined) return;
      // What it sent and is not stored goes with it.
      const queue = queues.get(deviceId);
      queues.delete(deviceId);
      queue?.messages.splice(0);
      queue?.wake();
    }),
    // A new actor has forgotten what it said of itself.
    links.onReady(async () => {
      for (const [deviceId, { heldBack }] of queues) await links.client.request('setReceiving', { deviceId, heldBack });
    }),
  ];
  return () => {
    stopping.abort();
    for (const cancel of cancels) cancel();
    for (const { wake } of queues.values()) wake();
  };
};

/** The beginning of a text, and of bytes all or nothing. */
const glimpseOf = ({ text, bytesBase64 }: JournaledMessage): JournaledMessage => ({
  text: text === null ? null : text.slice(0, MAX_JOURNALED_CHARACTERS).toWellFormed(),
  bytesBase64: bytesBase64 === null || bytesBase64.length > MAX_JOURNALED_CHARACTERS ? null : bytesBase64,
});
