import { errorMessage, type PairingSessionId } from '@bowline/contracts';
import type { PairingKeys } from '@bowline/pairing-code';
import type { PairingContext } from './components.ts';
import { rendezvousPost } from './rendezvous-post.ts';

/** How one code can be found: its mDNS record and its rendezvous endpoint. */
export interface Announcement {
  /** Opens both, or brings both up to date with what this device says of itself. Never waits, never fails. */
  refresh(): void;
  /** The endpoint worker may have died. */
  forget(): void;
  closeRendezvous(): Promise<void>;
  withdraw(): Promise<void>;
}

type AnnouncementContext = Pick<PairingContext, 'endpoint' | 'switchboard' | 'mdns' | 'self' | 'logger' | 'options'>;

export const announcement = (
  context: AnnouncementContext,
  sessionId: PairingSessionId,
  keys: PairingKeys,
): Announcement => {
  const { mdns, self, logger } = context;
  const post = rendezvousPost(context, keys);
  const advertisementId = `pair-${sessionId}`;
  let isAdvertised = false;
  let isWithdrawn = false;
  let last: Promise<void> = Promise.resolve();

  const advertise = async (): Promise<void> => {
    const identity = self.current();
    if (identity === null || isWithdrawn) return;
    const { endpointId, port } = identity;
    isAdvertised = true;
    await mdns.request('advertise', { advertisementId, endpointId, port, lanTag: keys.lanTag });
  };

  const withdraw = async (): Promise<void> => {
    if (isAdvertised) await mdns.request('withdraw', { advertisementId });
  };

  const inTurn = (step: () => Promise<void>): Promise<void> => {
    last = last.then(step).catch((error: unknown) => {
      logger.warn({ error: errorMessage(error) }, 'mdns did not take the code, it is not found on the local network');
    });
    return last;
  };

  return {
    refresh: () => {
      void inTurn(advertise);
      void post.refresh();
    },
    forget: post.forget,
    closeRendezvous: post.close,
    withdraw: async () => {
      isWithdrawn = true;
      await Promise.all([inTurn(withdraw), post.close()]);
    },
  };
};
