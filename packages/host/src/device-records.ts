import { type DeviceId, type DeviceUpdate, errorCode, errorMessage } from '@bowline/contracts';
import { isRestartCode } from '@bowline/supervisor';
import { SpacedTasks } from './spaced-tasks.ts';
import type { System } from './system.ts';

/** Least time between two writings of what is learnt of one device, milliseconds: it may say something new all the time. */
const SPACING_MS = 1_000;

/** What is learnt of peers on their links, on its way to the store. */
export interface DeviceRecords {
  /** Stores it, at once when nothing was stored of the device within the last second, otherwise then. */
  note(deviceId: DeviceId, learnt: Omit<DeviceUpdate, 'deviceId'>): void;
  /** Writes what waits. Never rejects. */
  save(): Promise<void>;
  cancel(): void;
}

/** Writes what devices say of themselves at most once a second for each, whatever they say; what was said last is stored. */
export const deviceRecords = ({
  clock,
  logger,
  inBackground,
  parts: { persistence },
}: Pick<System, 'clock' | 'inBackground' | 'logger'> & {
  readonly parts: Pick<System['parts'], 'persistence'>;
}): DeviceRecords => {
  const waiting = new Map<DeviceId, Omit<DeviceUpdate, 'deviceId'>>();
  const writing = new Set<Promise<void>>();

  const write = async (deviceId: DeviceId): Promise<void> => {
    const learnt = waiting.get(deviceId);
    waiting.delete(deviceId);
    if (learnt === undefined) return;
    try {
      await persistence.client.request('updateDevice', { deviceId, ...learnt });
    } catch (error) {
      if (!isRestartCode(errorCode(error))) throw error;
      logger.debug({ deviceId, reason: errorMessage(error) }, 'device is remembered when the store is back');
      waiting.set(deviceId, { ...learnt, ...waiting.get(deviceId) });
      spaced.ask(deviceId);
    }
  };
  const spaced = new SpacedTasks<DeviceId>({
    clock,
    spacingMs: SPACING_MS,
    run: (deviceId) =>
      inBackground('remember a device', () => {
        const written = write(deviceId).finally(() => writing.delete(written));
        writing.add(written);
        return written;
      }),
  });

  return {
    note: (deviceId, learnt) => {
      waiting.set(deviceId, { ...waiting.get(deviceId), ...learnt });
      spaced.ask(deviceId);
    },
    save: async () => {
      spaced.flush();
      await Promise.allSettled([...writing]);
    },
    cancel: () => spaced.clear(),
  };
};
