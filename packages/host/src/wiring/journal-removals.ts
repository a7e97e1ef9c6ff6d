import type { Cancel } from '@bowline/contracts';
import type { System } from '../system.ts';

/** Journals that a device was removed, and by whom; that it was paired is journaled where pairings are told. */
export const journalRemovals = ({ parts, hub, clock, inBackground }: System): Cancel =>
  hub.on('device.removed', ({ event, deviceId, name, by }) =>
    inBackground('journal a removal', () =>
      parts.persistence.client.request('appendJournal', { atMs: clock.nowMs(), event, deviceId, data: { name, by } }),
    ),
  );
