import type {
  Actor,
  ActorComponents,
  Cancel,
  ChannelHandlers,
  PersistenceChannel,
  StoreProblem,
} from '@bowline/contracts';
import { StoreClosedError } from './errors.ts';
import { type PersistenceOptionsInput, resolvePersistenceOptions } from './options.ts';
import { openStore, type Store } from './store.ts';

/** Between two looks at what was left out when a large store was opened, milliseconds. */
const CHECK_PAUSE_MS = 20;

/** When the first backup of a run is looked for, milliseconds: not while a device starts. */
const FIRST_BACKUP_MS = 60_000;
const BACKUP_LOOK_MS = 3_600_000;

/**
 * The one owner of a device's database.
 *
 * The host starts it first and stops it last. It owns the data directory from `start` to `stop`; a second owner is
 * refused. Its work is synchronous, a few hundred microseconds for each request, so it is best placed in a thread.
 *
 * @throws {@link InvalidOptionError} at once; `start` rejects with the `STORE_*` errors of this package.
 */
export const persistence = (input: PersistenceOptionsInput) => {
  const options = resolvePersistenceOptions(input);
  return (components: ActorComponents<PersistenceChannel>): Actor<PersistenceChannel> => {
    const logger = components.logger.child({ component: 'persistence' });
    let store: Store | undefined;
    let opening: Promise<Store> | undefined;
    let cancelBackups: Cancel = () => undefined;
    let cancelCheck: Cancel = () => undefined;
    /** Found in the background; it stays until the store is opened again. */
    let damage: StoreProblem | null = null;
    /** A store that holds an identity is backed up once a day; looked at each hour, for machines sleep. */
    const backUp = (): void => {
      store?.backUpToday();
      cancelBackups = components.clock.setTimer(BACKUP_LOOK_MS, backUp, { unref: true });
    };
    const check = (): void => {
      if (store?.check.next() !== 'more') return;
      cancelCheck = components.clock.setTimer(CHECK_PAUSE_MS, check, { unref: true });
    };
    const open = (): Store => {
      if (store === undefined) throw new StoreClosedError();
      return store;
    };
    return {
      start: async () => {
        const { clock, random, emit } = components;
        const onProblem = (problem: StoreProblem | null): void => {
          if (problem?.code === 'STORE_DAMAGED') damage = problem;
          emit('store.problemChanged', { problem: problem ?? damage });
        };
        opening ??= openStore(options, { clock, random, logger, onProblem });
        try {
          store = await opening;
        } catch (error) {
          opening = undefined;
          throw error;
        }
        cancelCheck();
        cancelCheck = clock.setTimer(CHECK_PAUSE_MS, check, { unref: true });
        cancelBackups();
        cancelBackups = clock.setTimer(FIRST_BACKUP_MS, backUp, { unref: true });
      },
      stop: async () => {
        cancelBackups();
        cancelCheck();
        damage = null;
        // One that is just being opened is closed, too.
        const closing = await opening?.catch(() => undefined);
        cancelBackups();
        cancelCheck();
        opening = undefined;
        store = undefined;
        closing?.close();
      },
      handlers: handlersOf(open, components),
    };
  };
};

const handlersOf = (
  open: () => Store,
  { emit }: Pick<ActorComponents<PersistenceChannel>, 'emit'>,
): ChannelHandlers<PersistenceChannel> => ({
  openIdentity: ({ defaultName }) => open().identity.open(defaultName),
  raiseIncarnation: ({ above }) => ({ incarnation: open().identity.raise(above) }),
  renameSelf: ({ name }) => open().identity.rename(name),
  describeKey: () => ({ kind: open().keyKind }),
  listDevices: () => ({ devices: open().devices.list() }),
  addPending: (input) => ({ device: open().devices.addPending(input) }),
  promote: (input) => ({ device: open().devices.promote(input) }),
  renew: (input) => ({ device: open().devices.renew(input) }),
  removeDevice: ({ deviceId }) => open().devices.remove(deviceId),
  changeTrust: ({ deviceId, change }) => open().devices.changeTrust(deviceId, change),
  listBlocked: () => ({ blocked: open().blocked.list() }),
  blockDevice: ({ endpointId }) => ({ blocked: open().blocked.block(endpointId) }),
  unblockDevice: ({ deviceId }) => ({ wasBlocked: open().blocked.unblock(deviceId) }),
  renameDevice: ({ deviceId, name }) => open().devices.rename(deviceId, name),
  updateDevice: (input) => open().devices.update(input),
  putRelayTokens: (input) => open().relayTokens.put(input),
  listRelayTokens: () => ({ peers: open().relayTokens.list() }),
  putPresence: (input) => open().presence.put(input),
  listPresence: () => ({ peers: open().presence.list() }),
  getSetting: ({ name }) => ({ value: open().settings.get(name) }),
  putSetting: ({ name, value }) => open().settings.put(name, value),
  appendJournal: (input) => {
    const { position, trims } = open().journal.append(input);
    for (const trim of trims) emit('journal.trimmed', trim);
    return { position };
  },
  readJournal: ({ afterPosition, limit }) => ({ entries: open().journal.read(afterPosition, limit) }),
  receiveMessage: (input) => {
    const { outcome, usage, trims } = open().inbox.receive(input);
    for (const trim of trims) emit('journal.trimmed', trim);
    return { outcome, usage };
  },
  listInbox: (input) => ({ messages: open().inbox.list(input) }),
  takeMessages: ({ positions }) => ({ taken: open().inbox.take(positions) }),
  keepMessage: (input) => open().outbox.keep(input),
  listOutbox: (input) => ({ messages: open().outbox.list(input) }),
  forgetKept: ({ positions }) => open().outbox.forget(positions),
  appendTimeline: (input) => open().timeline.append(input),
  readTimeline: (input) => ({ entries: open().timeline.read(input) }),
  lastRun: () => ({ atMs: open().timeline.lastRunAtMs() }),
  putDeviceFacts: (input) => open().deviceFacts.put(input),
  listDeviceFacts: () => ({ facts: open().deviceFacts.list() }),
  messageUsage: () => ({ inbox: open().inbox.usage(), outbox: open().outbox.usage() }),
});
