import type { Cancel, Clock } from '@bowline/contracts';
import type { Announcement } from './announcement.ts';
import type { PairingSessionsOptions } from './options.ts';

/** How long an ended code is still to be found, milliseconds. */
export interface LingerTimes {
  readonly mdnsMs: number;
  /** 0 closes the rendezvous endpoint at once. */
  readonly rendezvousMs: number;
}

/**
 * Announcements of codes that ended, kept a little so that late joiners learn why the code does not work. No bounded map:
 * what gives way has to be withdrawn, which takes time, and rendezvous endpoints have a bound of their own.
 */
export interface Lingering {
  /** Takes over an announcement. It resolves when what must end at once has ended. */
  take(announcement: Announcement, times: LingerTimes): Promise<void>;
  /** Closes a rendezvous endpoint that still has this port: another code wants it. */
  freePort(port: number): Promise<void>;
  refresh(): void;
  forget(): void;
  /** Withdraws everything now. */
  stop(): Promise<void>;
}

export const lingering = (
  clock: Clock,
  { maxLingering, maxLingeringRendezvous }: Pick<PairingSessionsOptions, 'maxLingering' | 'maxLingeringRendezvous'>,
): Lingering => {
  const kept = new Map<Announcement, Cancel[]>();
  const withRendezvous = new Set<Announcement>();

  const withdraw = (announcement: Announcement): Promise<void> => {
    for (const cancel of kept.get(announcement) ?? []) cancel();
    kept.delete(announcement);
    withRendezvous.delete(announcement);
    return announcement.withdraw();
  };

  const closeRendezvous = (announcement: Announcement): Promise<void> => {
    withRendezvous.delete(announcement);
    return announcement.closeRendezvous();
  };

  return {
    take: async (announcement, { mdnsMs, rendezvousMs }) => {
      if (mdnsMs <= 0) return withdraw(announcement);
      const cancels = [clock.setTimer(mdnsMs, () => void withdraw(announcement), { unref: true })];
      kept.set(announcement, cancels);
      if (rendezvousMs > 0 && maxLingeringRendezvous > 0) {
        withRendezvous.add(announcement);
        cancels.push(clock.setTimer(rendezvousMs, () => void closeRendezvous(announcement), { unref: true }));
      } else {
        await closeRendezvous(announcement);
      }
      const [oldestRendezvous] = withRendezvous;
      if (oldestRendezvous !== undefined && withRendezvous.size > maxLingeringRendezvous)
        await closeRendezvous(oldestRendezvous);
      const [oldest] = kept.keys();
      if (oldest !== undefined && kept.size > maxLingering) await withdraw(oldest);
    },
    freePort: async (port) => {
      const holders = [...withRendezvous].filter(({ rendezvousPort }) => rendezvousPort === port);
      await Promise.all(holders.map(closeRendezvous));
    },
    refresh: () => {
      for (const announcement of kept.keys()) announcement.refresh();
    },
    forget: () => {
      for (const announcement of kept.keys()) announcement.forget();
    },
    stop: async () => {
      await Promise.all([...kept.keys()].map(withdraw));
    },
  };
};
