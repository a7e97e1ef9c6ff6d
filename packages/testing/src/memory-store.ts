import {
  type Actor,
  type ActorComponents,
  BowlineError,
  type ChannelHandlers,
  type DeviceId,
  type InboxMessage,
  type JournalNote,
  type MessagePosition,
  type MessageUsage,
  type OutboxMessage,
  type PersistenceChannel,
  type Random,
} from '@bowline/contracts';
import { memoryDeviceRequests, requireDevice } from './memory-device-requests.ts';
import type { MemoryDisk } from './memory-disk.ts';

/** Hears of what a disk takes for good. */
export interface DiskWatcher {
  readonly onStored: (from: DeviceId, payload: Uint8Array) => void;
  /** A message that was kept until it was delivered is kept no more. */
  readonly onReleased: (payload: Uint8Array) => void;
}

const NOBODY: DiskWatcher = { onStored: () => undefined, onReleased: () => undefined };

/** Messages that wait for, or of, one device at most: as the store's own defaults. */
const MAX_MESSAGES = { count: 4_096, sizeBytes: 33_554_432 } as const;

/** Names of kept messages that are remembered of each device, as in the store on disk. */
const MAX_RECEIVED_IDS = 1_024;

/** Most bytes of one page, as the channel has it. */
const MAX_PAGE_BYTES = 4_194_304;

/** Lines of the journal and of the timeline that are kept: enough for whoever looks, and bounded for who runs for years. */
const MAX_LINES = 1_000;

/**
 * The store's channel over a disk in memory: what was answered is kept, whatever dies afterwards. It trusts what it is given, as
 * the store on disk does not.
 */
export const memoryStore =
  (disk: MemoryDisk, watcher: DiskWatcher = NOBODY) =>
  ({ clock, random }: Pick<ActorComponents<PersistenceChannel>, 'clock' | 'random'>): Actor<PersistenceChannel> => ({
    start: async () => undefined,
    stop: async () => undefined,
    handlers: {
      openIdentity: () => {
        disk.identity = { ...disk.identity, incarnation: disk.identity.incarnation + 1 };
        return disk.identity;
      },
      raiseIncarnation: ({ above }) => {
        const incarnation = Math.max(disk.identity.incarnation, above) + 1;
        disk.identity = { ...disk.identity, incarnation };
        return { incarnation };
      },
      renameSelf: ({ name }) => {
        disk.identity = { ...disk.identity, name };
      },
      describeKey: () => ({ kind: 'file' }),
      ...memoryDeviceRequests(disk, clock),
      getSetting: ({ name }) => ({ value: disk.settings.get(name) }),
      putSetting: ({ name, value }) => void disk.settings.set(name, value),
      ...messageRequests(disk, random, watcher),
      ...lineRequests(disk),
    },
  });

type MessageRequest =
  | 'receiveMessage'
  | 'listInbox'
  | 'takeMessages'
  | 'keepMessage'
  | 'listOutbox'
  | 'forgetKept'
  | 'messageUsage';

const messageRequests = (
  disk: MemoryDisk,
  random: Random,
  { onStored, onReleased }: DiskWatcher,
): Pick<ChannelHandlers<PersistenceChannel>, MessageRequest> => ({
  receiveMessage: ({ deviceId, deviceName, atMs, received, messageId, payload, into, note }) => {
    const answer = (outcome: 'stored' | 'repeat' | 'full') => ({ outcome, usage: usageOf(disk.inbox, deviceId) });
    if (into === 'inbox' && !hasRoom(usageOf(disk.inbox, deviceId), payload)) return answer('full');
    const device = requireDevice(disk, deviceId);
    if (!isAhead(received, device.lastReceived)) return answer('repeat');
    disk.devices.set(deviceId, { ...device, lastReceived: received });
    if (isRepeat(disk, deviceId, messageId)) return answer('repeat');
    if (into === 'inbox') {
      disk.lastPosition.inbox += 1;
      const position = disk.lastPosition.inbox;
      disk.inbox.set(position, { position, deviceId, deviceName, atMs, payload });
    }
    journal(disk, { ...note, atMs, deviceId });
    onStored(deviceId, payload);
    return answer('stored');
  },
  listInbox: (input) => ({ messages: pageOf(disk.inbox, input) }),
  takeMessages: ({ positions }) => ({
    taken: positions.flatMap((position) => {
      const message = disk.inbox.get(position);
      disk.inbox.delete(position);
      return message === undefined ? [] : [{ position, deviceId: message.deviceId }];
    }),
  }),
  keepMessage: ({ deviceId, atMs, payload }) => {
    requireDevice(disk, deviceId);
    const before = usageOf(disk.outbox, deviceId);
    if (!hasRoom(before, payload)) {
      throw new BowlineError({
        code: 'OUTBOX_FULL',
        message: 'The outbox is full.',
        retryable: true,
        data: { ...before },
      });
    }
    disk.lastPosition.outbox += 1;
    const position = disk.lastPosition.outbox;
    const messageId = Buffer.from(random.bytes(16)).toString('hex');
    disk.outbox.set(position, { position, deviceId, messageId, atMs, payload });
    return { position, messageId, usage: usageOf(disk.outbox, deviceId) };
  },
  listOutbox: (input) => ({ messages: pageOf(disk.outbox, input) }),
  forgetKept: ({ positions }) => {
    for (const position of positions) {
      const message = disk.outbox.get(position);
      disk.outbox.delete(position);
      if (message !== undefined) onReleased(message.payload);
    }
  },
  messageUsage: () => ({ inbox: usages(disk.inbox), outbox: usages(disk.outbox) }),
});

type LineRequest = 'appendJournal' | 'readJournal' | 'appendTimeline' | 'readTimeline' | 'lastRun';

const lineRequests = (disk: MemoryDisk): Pick<ChannelHandlers<PersistenceChannel>, LineRequest> => ({
  appendJournal: (entry) => ({ position: journal(disk, entry) }),
  readJournal: ({ afterPosition, limit }) => ({
    entries:
      afterPosition === -1
        ? disk.journal.slice(-limit)
        : disk.journal.filter(({ position }) => position > afterPosition).slice(0, limit),
  }),
  appendTimeline: ({ records, atMs }) => {
    const known = records.filter(({ deviceId }) => deviceId === null || disk.devices.has(deviceId));
    disk.timeline.push(...known);
    shorten(disk.timeline);
    disk.lastRunAtMs = atMs;
  },
  readTimeline: ({ deviceId, sinceMs }) => ({
    entries: disk.timeline
      .filter((record) => (record.deviceId === deviceId || record.deviceId === null) && record.atMs >= sinceMs)
      .map(({ deviceId: _whose, ...entry }) => entry),
  }),
  lastRun: () => ({ atMs: disk.lastRunAtMs }),
});

type Messages<Message = InboxMessage | OutboxMessage> = ReadonlyMap<number, Message>;

const usageOf = (messages: Messages, deviceId: DeviceId): MessageUsage => {
  let [count, sizeBytes] = [0, 0];
  for (const message of messages.values()) {
    if (message.deviceId !== deviceId) continue;
    count += 1;
    sizeBytes += message.payload.length;
  }
  return { count, sizeBytes };
};

const usages = (messages: Messages) =>
  [...new Set([...messages.values()].map(({ deviceId }) => deviceId))].map((deviceId) => ({
    deviceId,
    ...usageOf(messages, deviceId),
  }));

const hasRoom = ({ count, sizeBytes }: MessageUsage, { length }: Uint8Array): boolean =>
  count < MAX_MESSAGES.count && sizeBytes + length <= MAX_MESSAGES.sizeBytes;

const isAhead = (position: MessagePosition, known: MessagePosition | null): boolean =>
  known === null ||
  position.incarnation > known.incarnation ||
  (position.incarnation === known.incarnation && position.sequence > known.sequence);

const isRepeat = ({ receivedIds }: MemoryDisk, deviceId: DeviceId, messageId: string | null): boolean => {
  if (messageId === null) return false;
  const known = receivedIds.get(deviceId) ?? new Set();
  receivedIds.set(deviceId, known);
  if (known.has(messageId)) return true;
  known.add(messageId);
  const [oldest] = known;
  if (known.size > MAX_RECEIVED_IDS && oldest !== undefined) known.delete(oldest);
  return false;
};

/** Within the bytes of a page; always one message. */
const pageOf = <Message extends InboxMessage | OutboxMessage>(
  messages: Messages<Message>,
  range: { readonly deviceId: DeviceId | null; readonly afterPosition: number; readonly limit: number },
): readonly Message[] => {
  const page: Message[] = [];
  let sizeBytes = 0;
  for (const message of messages.values()) {
    const isAsked = range.deviceId === null || message.deviceId === range.deviceId;
    if (!isAsked || message.position <= range.afterPosition) continue;
    sizeBytes += message.payload.length;
    if (page.length === range.limit || (page.length > 0 && sizeBytes > MAX_PAGE_BYTES)) break;
    page.push(message);
  }
  return page;
};

const journal = (
  disk: MemoryDisk,
  { event, data, atMs, deviceId }: JournalNote & { readonly atMs: number; readonly deviceId: DeviceId | null },
): number => {
  disk.lastPosition.journal += 1;
  const position = disk.lastPosition.journal;
  disk.journal.push({ position, atMs, event, deviceId, data });
  shorten(disk.journal);
  return position;
};

const shorten = (lines: unknown[]): void => {
  if (lines.length > 2 * MAX_LINES) lines.splice(0, lines.length - MAX_LINES);
};
