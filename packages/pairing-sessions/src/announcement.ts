import { errorMessage, type PairingSessionId, type RendezvousBinding } from '@bowline/contracts';
import { SerialQueue } from '@bowline/limits';
import type { PairingKeys } from '@bowline/pairing-code';
import type { SessionComponents } from './components.ts';
import { rendezvousEndpoint } from './rendezvous-endpoint.ts';

/** How one code can be found: its mDNS record and its rendezvous endpoint. */
export interface Announcement {
  /** UDP port of its rendezvous endpoint; `null` when that is not to be found at an address. */
  readonly rendezvousPort: number | null;
  /** Opens the rendezvous endpoint at its port. @throws what the endpoint's `bind` rejects with */
  openRendezvous(): Promise<void>;
  /** Opens both, or brings both up to date with what this device says of itself. Never waits, never fails. */
  refresh(): void;
  /** The endpoint worker may have died. */
  forget(): void;
  closeRendezvous(): Promise<void>;
  withdraw(): Promise<void>;
}

type AnnouncementComponents = Pick<
  SessionComponents,
  'clock' | 'endpoint' | 'switchboard' | 'lan' | 'self' | 'logger' | 'options'
>;

export const announcement = (
  components: AnnouncementComponents,
  sessionId: PairingSessionId,
  keys: PairingKeys,
  rendezvousAt: RendezvousBinding | null = null,
): Announcement => {
  const { lan, self, logger } = components;
  const rendezvous = rendezvousEndpoint(components, keys, rendezvousAt);
  const advertisementId = `pair-${sessionId}`;
  let isAdvertised = false;
  let isWithdrawn = false;
  const steps = new SerialQueue();

  const advertise = async (): Promise<void> => {
    const identity = self.current();
    if (identity === null || isWithdrawn) return;
    const { endpointId, port, ipv6Port = null } = identity;
    isAdvertised = true;
    await lan.request('advertise', { advertisementId, endpointId, port, ipv6Port, lanTag: keys.lanTag });
  };

  const withdraw = async (): Promise<void> => {
    if (isAdvertised) await lan.request('withdraw', { advertisementId });
  };

  const inTurn = (step: () => Promise<void>): Promise<void> =>
    steps.run(step).catch((error: unknown) => {
      logger.warn({ error: errorMessage(error) }, 'mdns did not take the code, it is not found on the local network');
    });

  return {
    rendezvousPort: rendezvousAt?.port ?? null,
    openRendezvous: rendezvous.open,
    refresh: () => {
      void inTurn(advertise);
      void rendezvous.refresh();
    },
    forget: rendezvous.forget,
    closeRendezvous: rendezvous.close,
    withdraw: async () => {
      isWithdrawn = true;
      await Promise.all([inTurn(withdraw), rendezvous.close()]);
    },
  };
};
