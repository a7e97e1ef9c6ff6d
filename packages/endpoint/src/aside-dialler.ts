import type { Clock, SocketAddress } from '@bowline/contracts';
import type { Connection as NativeConnection, Endpoint as NativeEndpoint } from '@number0/iroh/index.js';
import type { BoundIroh } from './bound-iroh.ts';
import { discardConnection, discardLate } from './discard-connection.ts';
import { outcomeWithin } from './outcome-within.ts';

/** Endpoints beside the bound ones that dial at once, over all dials: 3 sockets and 0.3 MiB each (measured). */
const MAX_ASIDE = 16;

/** Addresses of one dial tried at once. */
const AT_ONCE = 4;

/**
 * How long one address is waited for, milliseconds: iroh repeats an unanswered first packet after 1 s. Closing the
 * endpoint of an address that said nothing takes iroh 3 s more (measured), which nobody waits for.
 */
const ADDRESS_MS = 1_500;

/** Dials one address of somebody. */
export type DialAlone = (native: NativeEndpoint, address: SocketAddress) => Promise<NativeConnection>;

export interface AsideDialler {
  /**
   * The first connection that comes of any of the addresses; the endpoint behind it is closed with it. Rejects with the
   * last failure, or resolves with `null` when none was tried.
   */
  dial(
    from: BoundIroh,
    addresses: readonly SocketAddress[],
    dialAlone: DialAlone,
    isGivenUp: () => boolean,
  ): Promise<NativeConnection | null>;
}

/**
 * Dials addresses that must not spoil each other. iroh pools all addresses it was ever told of one endpoint and takes
 * the first answer from any, so one wrong answer spoils the rest for a minute. What remembers is the endpoint that
 * dials: here every address is dialled from a fresh one, with the same key and no relay, so that the other side sees
 * the same device. It accepts nothing: whoever dials back reaches the bound endpoint.
 */
export const asideDialler = (clock: Clock): AsideDialler => {
  let asideCount = 0;

  const reach = async (from: BoundIroh, address: SocketAddress, dialAlone: DialAlone) => {
    const native = await from.bindAside();
    const attempt = dialAlone(native, address);
    const outcome = await outcomeWithin(clock, ADDRESS_MS, attempt);
    if (outcome.kind === 'done') {
      closeWith(native, outcome.value);
      return outcome.value;
    }
    discardLate(attempt, 'timed-out');
    void native.close();
    if (outcome.kind === 'late') return null;
    throw outcome.error;
  };

  return {
    dial: async (from, addresses, dialAlone, isGivenUp) => {
      const queue = [...addresses];
      let winner: NativeConnection | null = null;
      let lastError: unknown = null;

      const takeAddresses = async (): Promise<void> => {
        for (let address = queue.shift(); address !== undefined; address = queue.shift()) {
          if (winner !== null || isGivenUp() || asideCount >= MAX_ASIDE) return;
          asideCount += 1;
          try {
            const native = await reach(from, address, dialAlone);
            if (native === null) continue;
            if (winner !== null) return discardConnection(native, 'duplicate');
            winner = native;
            won.resolve();
          } catch (error) {
            lastError = error;
          } finally {
            asideCount -= 1;
          }
        }
      };

      const won = Promise.withResolvers<void>();
      await Promise.race([won.promise, Promise.all(Array.from({ length: AT_ONCE }, takeAddresses))]);
      if (winner === null && lastError !== null) throw lastError;
      return winner;
    },
  };
};

/** iroh closes what an endpoint holds when the endpoint is collected: the pending promise pins both. */
const closeWith = (native: NativeEndpoint, connection: NativeConnection): void => {
  const close = (): void => void native.close();
  connection.closed().then(close, close);
};
